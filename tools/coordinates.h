// Points from tables: which columns are coordinates, and longitude and latitude as places on the
// unit sphere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/table.h"

namespace residual_knn::cli {

struct Coordinates {
  std::string path;
  int64_t n = 0;
  std::vector<std::string> names;  // of the d coordinates
  std::vector<double> values;      // n x d, dimension-major

  [[nodiscard]] int64_t d() const { return static_cast<int64_t>(names.size()); }
  // The values with the coordinates of one point side by side.
  [[nodiscard]] std::vector<double> PointMajor() const;
};

class CoordinateReader {
 public:
  // `columns`: the names of coordinates, or all columns (none beside lonlat). `lonlat`: none, or the
  // names of longitude and latitude in degrees, which become x, y, z before the other coordinates.
  // Throws if a name occurs twice.
  CoordinateReader(std::optional<std::vector<std::string>> columns, std::vector<std::string> lonlat,
                   CsvFormat csv);

  // The points that are searched. They settle which columns later files must have.
  Coordinates ReadPoints(const std::string& path);

  // Further points of the same coordinates. A file of the same format (CSV or .npy) is asked for
  // the columns of the same names; one of the other format must have just the columns, in their
  // order. A CSV file whose header is WrittenNames() holds the coordinates as they are.
  Coordinates ReadMatching(const std::string& path) const;

  // "lon, lat (as 3 on the unit sphere), day; not used: id", of the points that were read.
  [[nodiscard]] std::string Description() const;

  // What the coordinates are called in a file of them.
  [[nodiscard]] std::vector<std::string> WrittenNames() const;

  // True if ReadMatching takes an .npy file of the coordinates for what it is.
  [[nodiscard]] bool ReadsNpyOfCoordinates() const;

 private:
  std::vector<int64_t> SelectFirst(const TableHeader& header);
  std::vector<int64_t> SelectMatching(const TableHeader& header) const;
  [[nodiscard]] std::vector<std::string> CoordinateNames() const;
  [[nodiscard]] Coordinates FromTable(Table table) const;

  std::optional<std::vector<std::string>> columns_;
  std::vector<std::string> lonlat_;
  CsvFormat csv_;
  std::vector<std::string> unused_;  // columns of the points that are no coordinates
  // Names in the table of the points, longitude and latitude first.
  std::vector<std::string> settled_;
  TableFormat format_ = TableFormat::kCsv;
};

}  // namespace residual_knn::cli
