// The format of an output file, from the ending of its name. Case is ignored.
#pragma once

#include <string>

#include "tools/output_file.h"

namespace residual_knn::cli {

enum class OutputFormat { kCsv, kGzippedCsv, kNpy };

// For tables: .npy, .csv.gz, and CSV for .csv, .txt, a name without an ending and "-". Throws a
// std::runtime_error for every other ending.
OutputFormat TableFormatOf(const std::string& path);

// TableFormatOf is kNpy.
bool IsNpyName(const std::string& path);

Packing PackingOf(OutputFormat format);

// For statistics: true for .json, false (text) for .txt, .log, a name without an ending and "-".
// Throws a std::runtime_error for every other ending.
bool IsJsonName(const std::string& path);

}  // namespace residual_knn::cli
