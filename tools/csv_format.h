// How the text of CSV files is laid out.
#pragma once

#include <string>
#include <vector>

namespace residual_knn {

// As a delimiter: cells are separated by any number of spaces and tabs.
inline constexpr char kWhitespace = ' ';

struct CsvFormat {
  enum class Header {
    kJudged,  // the first line names the columns; one that looks like data is an error
    kNames,   // the first line names the columns, whatever it holds
    kNone     // the first line is the first row; the columns are called 0, 1, ...
  };
  Header header = Header::kJudged;
  char delimiter = ',';
  char decimal = '.';
  // Lines that begin with it, after spaces and tabs, are left out; '\0': none.
  char comment = '\0';
  // A file whose first line is exactly these names, separated by commas, has the default format
  // whatever else is said here: the program has written it itself. Empty: none.
  std::vector<std::string> known_names;
};

}  // namespace residual_knn
