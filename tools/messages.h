// What the program says on standard error beside the progress bar: a line each, whatever it holds.
#pragma once

#include <string>
#include <string_view>

#include "tools/progress_bar.h"

namespace residual_knn::cli {

// "residual-knn: <text>", without control characters.
void WriteMessageLine(std::string_view text);

// Notes and warnings of a run; with --quiet there are none.
class Messages {
 public:
  Messages(bool quiet, ProgressBar* progress) : quiet_(quiet), progress_(progress) {}

  // What was done with the input.
  void Note(std::string_view text);

  // "warning: <text>"; nothing if the text is empty.
  void Warn(std::string_view text);

 private:
  bool quiet_;
  ProgressBar* progress_;
};

}  // namespace residual_knn::cli
