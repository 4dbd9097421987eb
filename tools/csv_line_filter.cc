#include "tools/csv_line_filter.h"

namespace residual_knn {

bool CsvLineFilter::Take(char c, std::string* out) {
  const bool line_end = c == '\n' || c == '\r';
  if (after_return_ && c == '\n') {
    after_return_ = false;
    // The \n of \r\n at the end of a comment line is removed with the line.
    if (!comment_ended_by_return_) *out += c;
    return false;
  }
  after_return_ = false;
  if (in_comment_) {
    if (!line_end) return false;
    in_comment_ = false;
    at_line_start_ = true;
    after_return_ = comment_ended_by_return_ = c == '\r';
    return true;
  }
  if (in_quotes_) {
    if (c == '"') in_quotes_ = false;
    *out += c;
    return false;
  }
  if (line_end) {
    // Blanks at the end of a line are ignored.
    if (!joins_) *out += blanks_;
    blanks_.clear();
    *out += c;
    at_line_start_ = true;
    after_return_ = c == '\r';
    comment_ended_by_return_ = false;
    return false;
  }
  if (c == ' ' || c == '\t') {
    if (joins_ || at_line_start_) {
      if (blanks_.empty() || !joins_) blanks_ += c;
    } else {
      *out += c;
    }
    return false;
  }
  if (at_line_start_ && comment_ != '\0' && c == comment_) {
    blanks_.clear();
    in_comment_ = true;
    return false;
  }
  Pass(c, out);
  return false;
}

void CsvLineFilter::Pass(char c, std::string* out) {
  if (!blanks_.empty()) {
    if (!joins_) {
      *out += blanks_;
    } else if (!at_line_start_) {
      *out += kSeparator;
    }
    blanks_.clear();
  }
  at_line_start_ = false;
  if (c == '"') in_quotes_ = true;
  *out += c;
}

}  // namespace residual_knn
