// Reads points from tables: selects the coordinate columns, and converts longitude and latitude to points on
// the unit sphere.
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
  std::vector<std::string> names;  // names of the d coordinates
  std::vector<double> values;      // n x d, dimension-major

  [[nodiscard]] int64_t d() const { return static_cast<int64_t>(names.size()); }
  // The values of the points from `begin` up to, but not including, `end` in point-major order.
  [[nodiscard]] std::vector<double> PointMajor(int64_t begin, int64_t end) const;
};

// The columns of POINTS that became coordinates.
struct SettledColumns {
  std::vector<std::string> names;  // longitude and latitude first
  bool has_lonlat = false;
  TableFormat format = TableFormat::kCsv;  // .npy: the names are numbers of columns
};

class CoordinateReader {
 public:
  // `columns`: the names of the coordinates; without them, all columns, or none if there is `lonlat`. `lonlat`: the
  // names of longitude and latitude in degrees, or empty. These two are converted to x, y, z, which precede the other
  // coordinates. Throws if a name occurs twice.
  CoordinateReader(std::optional<std::vector<std::string>> columns, std::vector<std::string> lonlat,
                   CsvFormat csv);

  // For points that were read before, with these columns.
  CoordinateReader(SettledColumns settled, CsvFormat csv);

  // Reads POINTS. It determines the columns that later files must have.
  Coordinates ReadPoints(const std::string& path);

  // Reads other points with the same coordinates. A file of the same format (CSV or .npy) must have the columns with
  // the same names. A file of the other format must have only these columns, in their order. A CSV file whose header is
  // WrittenNames() has coordinates that are already converted.
  Coordinates ReadMatching(const std::string& path) const;

  // Describes the points that were read: "lon, lat (as 3 on the unit sphere), day; not used: id".
  [[nodiscard]] std::string Description() const;

  [[nodiscard]] SettledColumns settled() const { return {settled_, !lonlat_.empty(), format_}; }

  // The names of the coordinates in the library.
  [[nodiscard]] std::vector<std::string> CoordinateNames() const;

  // The names of the coordinates in an output file.
  [[nodiscard]] std::vector<std::string> WrittenNames() const;

  // True if ReadMatching can read an .npy file of the coordinates correctly.
  [[nodiscard]] bool ReadsNpyOfCoordinates() const;

 private:
  std::vector<int64_t> SelectFirst(const TableHeader& header);
  std::vector<int64_t> SelectMatching(const TableHeader& header) const;
  [[nodiscard]] Coordinates FromTable(Table table) const;

  std::optional<std::vector<std::string>> columns_;
  std::vector<std::string> lonlat_;
  CsvFormat csv_;
  std::vector<std::string> unused_;  // columns of POINTS that are not coordinates
  // Names of the columns in POINTS, longitude and latitude first.
  std::vector<std::string> settled_;
  TableFormat format_ = TableFormat::kCsv;
};

}  // namespace residual_knn::cli
