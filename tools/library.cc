#include "tools/library.h"

#include <algorithm>
#include <new>
#include <optional>
#include <string_view>

#include "tools/number_text.h"

namespace residual_knn::cli {

namespace {

// The last message of the library, without names of the C interface, which users of the command line do not need.
std::string Detail(residual_knn_status status) {
  constexpr std::string_view kLimit = "max_bytes";
  std::string detail = residual_knn_last_error();
  const size_t colon = detail.find(": ");
  if (detail.starts_with("residual_knn_") && colon != std::string::npos) {
    detail.erase(0, colon + 2);
  }
  // Other messages may have this word in the name of a file.
  if (status != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY || !detail.starts_with("trees need")) {
    return detail.empty() ? residual_knn_status_string(status) : detail;
  }
  for (size_t at = detail.find(kLimit); at != std::string::npos; at = detail.find(kLimit, at)) {
    detail.replace(at, kLimit.size(), "--memory-limit");
  }
  return detail;
}

// A limit that is too small has a message of its own.
void ThrowIfNoMemory(residual_knn_status status) {
  if (status == RESIDUAL_KNN_ERROR_OUT_OF_MEMORY && Detail(status) == "out of memory") {
    throw std::bad_alloc();
  }
}

}  // namespace

void CheckStatus(residual_knn_status status, const std::string& context) {
  if (status == RESIDUAL_KNN_OK) return;
  ThrowIfNoMemory(status);
  throw std::runtime_error(context + ": " + Detail(status));
}

void CheckFileStatus(residual_knn_status status, const std::string& path) {
  ThrowIfNoMemory(status);
  switch (status) {
    case RESIDUAL_KNN_ERROR_OUT_OF_MEMORY:
    case RESIDUAL_KNN_ERROR_FILE:
    case RESIDUAL_KNN_ERROR_NOT_AN_INDEX:
    case RESIDUAL_KNN_ERROR_CORRUPT:
    case RESIDUAL_KNN_ERROR_TOO_NEW:
    case RESIDUAL_KNN_ERROR_OTHER_TARGET:
      throw std::runtime_error(Detail(status));
    default:
      CheckStatus(status, path);
  }
}

namespace {

// Replaces the row number at `start`. Returns where the text continues.
size_t ReplaceRow(size_t start, std::span<const int64_t> order, int64_t base, std::string* text) {
  const size_t end = std::min(text->find_first_not_of("0123456789", start), text->size());
  const std::optional<int64_t> number = ParseWhole(text->substr(start, end - start));
  if (!number || *number < base || *number - base >= static_cast<int64_t>(order.size())) {
    return end;
  }
  const std::string in_file = std::to_string(order[static_cast<size_t>(*number - base)] + base);
  text->replace(start, end - start, in_file);
  return start + in_file.size();
}

}  // namespace

std::string InFileRows(const std::string& text, std::span<const int64_t> order, int64_t base) {
  constexpr std::string_view kArgument = "points: coordinate ";
  constexpr std::string_view kRow = " of row ";
  const size_t argument = text.find(kArgument);
  const size_t row = argument == std::string::npos ? argument : text.find(kRow, argument);
  if (order.empty() || row == std::string::npos) return text;
  std::string replaced = text;
  ReplaceRow(row + kRow.size(), order, base, &replaced);
  return replaced;
}

std::string SetInFileRows(const std::string& text, std::span<const int64_t> order, int64_t base) {
  constexpr std::string_view kQuery = "query ";
  constexpr std::string_view kOpening = " (row ";
  constexpr std::string_view kRow = "row ";
  std::string replaced = text;
  const size_t opening = replaced.find(kOpening);
  if (opening != std::string::npos) {
    const size_t closing = replaced.find(')', opening);
    const size_t query = replaced.rfind(kQuery, opening);
    if (closing != std::string::npos && query != std::string::npos) {
      replaced.erase(closing, 1);
      replaced.erase(query, opening + kOpening.size() - kRow.size() - query);
    }
  }
  for (size_t at = replaced.find(kRow); at != std::string::npos && !order.empty();
       at = replaced.find(kRow, at)) {
    at = ReplaceRow(at + kRow.size(), order, base, &replaced);
  }
  return replaced;
}

std::string WithQueryNumber(const std::string& text, int64_t first) {
  constexpr std::string_view kQuery = "query ";
  const size_t query = text.find(kQuery);
  if (query == std::string::npos) return text;
  const size_t start = query + kQuery.size();
  const size_t end = std::min(text.find_first_not_of("0123456789", start), text.size());
  const std::optional<int64_t> number = ParseWhole(text.substr(start, end - start));
  if (!number) return text;
  std::string replaced = text;
  return replaced.replace(start, end - start, std::to_string(*number + first));
}

}  // namespace residual_knn::cli
