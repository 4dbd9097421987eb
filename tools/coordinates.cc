#include "tools/coordinates.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "tools/cell_location.h"
#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr double kMostLongitude = 360;
constexpr double kMostLatitude = 90;

std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 20;
  std::string list;
  for (size_t i = 0; i < names.size() && i < kMost; ++i) {
    if (i > 0) list += ", ";
    list += Quoted(names[i]);
  }
  return names.size() > kMost ? list + ", ..." : list;
}

// The numbers of the columns of these names, each of which must occur once.
std::vector<int64_t> FindColumns(const TableHeader& header, std::span<const std::string> names) {
  std::unordered_map<std::string_view, int64_t> first;
  std::unordered_set<std::string_view> repeated;
  for (size_t column = 0; column < header.columns.size(); ++column) {
    const bool is_new = first.emplace(header.columns[column], static_cast<int64_t>(column)).second;
    if (!is_new) repeated.insert(header.columns[column]);
  }
  std::vector<int64_t> found;
  for (const std::string& name : names) {
    const auto at = first.find(name);
    if (at == first.end()) {
      throw std::runtime_error("no column " + Quoted(name) + "; there are " +
                               Listed(header.columns));
    }
    if (repeated.contains(name)) throw std::runtime_error("two columns are called " + Quoted(name));
    found.push_back(at->second);
  }
  return found;
}

void CheckAllNamed(const TableHeader& header) {
  const auto nameless = std::find(header.columns.begin(), header.columns.end(), "");
  if (nameless == header.columns.end()) return;
  // Row names written by R look like this, and are no coordinate.
  throw std::runtime_error("column " + std::to_string(nameless - header.columns.begin() + 1) +
                           " has no name; choose the coordinates by --columns");
}

void CheckRange(const Table& table, int64_t column, double most) {
  const std::span<const double> values =
      std::span(table.values)
          .subspan(static_cast<size_t>(column * table.rows), static_cast<size_t>(table.rows));
  for (int64_t row = 0; row < table.rows; ++row) {
    const double value = values[static_cast<size_t>(row)];
    if (std::abs(value) <= most) continue;
    std::string message = DescribeCell(table, row, column);
    message += ": " + RealToText(value) + " is beyond " + RealToText(most) + " degrees (--lonlat)";
    throw std::runtime_error(message);
  }
}

// Columns 0 and 1 become the three coordinates of a place on the unit sphere.
std::vector<double> WithSphere(const Table& table) {
  const auto n = static_cast<size_t>(table.rows);
  std::vector<double> values(table.values.size() + n);
  constexpr double kRadians = std::numbers::pi / 180;
  for (size_t i = 0; i < n; ++i) {
    const double longitude = table.values[i] * kRadians;
    const double latitude = table.values[n + i] * kRadians;
    values[i] = std::cos(latitude) * std::cos(longitude);
    values[n + i] = std::cos(latitude) * std::sin(longitude);
    values[2 * n + i] = std::sin(latitude);
  }
  std::copy(table.values.begin() + static_cast<std::ptrdiff_t>(2 * n), table.values.end(),
            values.begin() + static_cast<std::ptrdiff_t>(3 * n));
  return values;
}

}  // namespace

std::vector<double> Coordinates::PointMajor() const {
  std::vector<double> transposed;
  transposed.reserve(values.size());
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t c = 0; c < d(); ++c) {
      transposed.push_back(values[static_cast<size_t>(c * n + i)]);
    }
  }
  return transposed;
}

CoordinateReader::CoordinateReader(std::optional<std::vector<std::string>> columns,
                                   std::vector<std::string> lonlat)
    : columns_(std::move(columns)), lonlat_(std::move(lonlat)) {
  std::vector<std::string> all = lonlat_;
  if (columns_) all.insert(all.end(), columns_->begin(), columns_->end());
  std::sort(all.begin(), all.end());
  const auto twice = std::adjacent_find(all.begin(), all.end());
  if (twice != all.end()) {
    throw std::runtime_error(std::string(lonlat_.empty() ? "--columns" : "--columns and --lonlat") +
                             ": " + Quoted(*twice) + " is named twice");
  }
}

Coordinates CoordinateReader::ReadPoints(const std::string& path) {
  try {
    return FromTable(
        ReadTable(path, [this](const TableHeader& header) { return SelectFirst(header); }));
  } catch (const CellError& error) {
    // Most likely a column of names that nobody meant as a coordinate.
    const bool chosen = columns_.has_value() ||
                        std::find(lonlat_.begin(), lonlat_.end(), error.column()) != lonlat_.end();
    if (chosen) throw;
    std::string hint = "; --columns chooses the coordinates";
    if (!lonlat_.empty()) hint += " (--columns '': none beside --lonlat)";
    throw std::runtime_error(error.what() + hint);
  }
}

Coordinates CoordinateReader::ReadMatching(const std::string& path) const {
  return FromTable(
      ReadTable(path, [this](const TableHeader& header) { return SelectMatching(header); }));
}

std::vector<int64_t> CoordinateReader::SelectFirst(const TableHeader& header) {
  format_ = header.format;
  settled_ = lonlat_;
  if (columns_) {
    settled_.insert(settled_.end(), columns_->begin(), columns_->end());
    return SelectMatching(header);
  }
  CheckAllNamed(header);
  for (const std::string& name : header.columns) {
    if (std::find(lonlat_.begin(), lonlat_.end(), name) == lonlat_.end()) settled_.push_back(name);
  }
  return SelectMatching(header);
}

std::vector<int64_t> CoordinateReader::SelectMatching(const TableHeader& header) const {
  std::vector<int64_t> selected;
  if (header.format != format_) {
    if (header.columns.size() != settled_.size()) {
      throw std::runtime_error(
          "has " + std::to_string(header.columns.size()) +
          " columns; beside points from a file of another format it must have " + "just these " +
          std::to_string(settled_.size()) + ", in this order: " + Listed(settled_));
    }
    for (size_t column = 0; column < settled_.size(); ++column) {
      selected.push_back(static_cast<int64_t>(column));
    }
    return selected;
  }
  return FindColumns(header, settled_);
}

Coordinates CoordinateReader::FromTable(Table table) const {
  Coordinates coordinates;
  coordinates.path = table.path;
  coordinates.n = table.rows;
  if (lonlat_.empty()) {
    coordinates.names = std::move(table.columns);
    coordinates.values = std::move(table.values);
    return coordinates;
  }
  CheckRange(table, 0, kMostLongitude);
  CheckRange(table, 1, kMostLatitude);
  const std::string place = " of " + lonlat_[0] + "," + lonlat_[1];
  coordinates.names = {"x" + place, "y" + place, "z" + place};
  coordinates.names.insert(coordinates.names.end(), table.columns.begin() + 2, table.columns.end());
  coordinates.values = WithSphere(table);
  return coordinates;
}

}  // namespace residual_knn::cli
