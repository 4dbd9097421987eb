// The output of the measurements: the table and the JSON file.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "measurement.h"

namespace residual_knn::bench {

// A measurement that was not possible, because data are absent or because of an error.
struct MissingRow {
  std::string workload;
  bool failed;
  std::string reason;
};

void PrintHeader(std::ostream& out);
void PrintRow(std::ostream& out, const Measurement& row);
void PrintRow(std::ostream& out, const MissingRow& row);

nlohmann::ordered_json ToJson(const Measurement& row);
// The main keys of a measured row, with null for unknown values, and the reason in `skipped` or `error`.
nlohmann::ordered_json ToJson(const MissingRow& row);

// Replaces the file. Throws a std::runtime_error that names the file if it cannot be written.
void WriteJson(const std::string& path, const nlohmann::ordered_json& rows);

}  // namespace residual_knn::bench
