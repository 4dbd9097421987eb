// The options of `residual-knn index`.
#pragma once

#include <string>

#include "tools/index_options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace residual_knn::cli {

struct SavingOptions : IndexOptions {
  std::string output;
  bool prepare = true;  // also make what searches need
};

// Declares the options. Parsing fills `options`, which must outlive the app, and throws a CLI::ParseError for options
// that contradict each other.
void AddSavingOptions(CLI::App& command, SavingOptions* options);

}  // namespace residual_knn::cli
