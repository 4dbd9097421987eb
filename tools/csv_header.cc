#include "tools/csv_header.h"

#include <algorithm>
#include <stdexcept>

#include "tools/cell_location.h"
#include "tools/csv_number.h"

namespace residual_knn {

void CheckHeader(std::span<const std::string> cells, const CsvFormat& format) {
  const std::string& first = cells.front();
  if (first.starts_with('#')) {
    throw std::runtime_error(
        "the first line begins with '#': --comment '#' skips such lines; if the line names the "
        "columns, remove the '#' or use --header");
  }
  if (first.starts_with("sep=")) {
    throw std::runtime_error(
        "the first line, 'sep=', is only for Excel; remove it: tail -n +2 FILE | residual-knn "
        "neighbors - ...");
  }
  const auto is_like_number = [&format](const std::string& cell) {
    return IsNumberLike(cell, format.decimal);
  };
  const auto is_number = [&](const std::string& cell) {
    return is_like_number(cell) && !IsMissing(cell);
  };
  const auto name = std::find_if_not(cells.begin(), cells.end(), is_like_number);
  if (name == cells.end()) {
    throw std::runtime_error("the first line must name the columns, but contains only numbers (" +
                             Quoted(first) +
                             "): --no-header reads it as the first row, --header as names");
  }
  const auto number = std::find_if(cells.begin(), cells.end(), is_number);
  if (number != cells.end()) {
    throw std::runtime_error("the first line contains names (" + Quoted(*name) + ") and numbers (" +
                             Quoted(*number) +
                             "): --header reads it as names, --no-header as the first row");
  }
}

}  // namespace residual_knn
