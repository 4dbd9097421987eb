// The options for the format of CSV files.
#pragma once

#include <optional>

#include "tools/csv_format.h"

namespace CLI {
class App;
}  // namespace CLI

namespace residual_knn::cli {

struct CsvOptions {
  std::optional<char> delimiter;  // none: ',', or ';' with decimal commas
  char decimal = '.';
  char comment = '\0';
  bool header = false;
  bool no_header = false;
};

// Declares the options. Parsing fills `options`, which must outlive the app.
void AddCsvOptions(CLI::App& command, CsvOptions* options);

// Throws a CLI::ParseError for options that contradict each other.
CsvFormat CsvFormatOf(const CsvOptions& options);

}  // namespace residual_knn::cli
