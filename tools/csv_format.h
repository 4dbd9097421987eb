// The format of CSV files.
#pragma once

#include <string>
#include <vector>

namespace residual_knn {

// As a delimiter, kWhitespace means any number of spaces and tabs.
inline constexpr char kWhitespace = ' ';

struct CsvFormat {
  enum class Header {
    kJudged,  // the first line names the columns; a line that looks like data is an error
    kNames,   // the first line always names the columns
    kNone     // the first line is the first row; the columns are called 0, 1, ...
  };
  Header header = Header::kJudged;
  char delimiter = ',';
  char decimal = '.';
  // Lines that begin with this character, after spaces and tabs, are skipped; '\0' means none.
  char comment = '\0';
  // If the first line of a file is exactly these names, separated by commas, the file was written by this program and
  // has the default format. Then the other fields do not apply. Empty: no such file.
  std::vector<std::string> known_names;
};

}  // namespace residual_knn
