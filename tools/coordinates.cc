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

#include "base/utf8.h"
#include "tools/cell_location.h"
#include "tools/number_text.h"
#include "tools/suggestion.h"

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

// Names for messages, shortened if there are many.
std::string Spoken(std::span<const std::string> names) {
  constexpr size_t kMost = 20;
  std::string list;
  for (size_t i = 0; i < names.size() && i < kMost; ++i) list += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kMost) list += ", ... (" + std::to_string(names.size()) + " in all)";
  return list;
}

std::string EncodingHint(const std::vector<std::string>& names) {
  const bool utf8 = std::all_of(names.begin(), names.end(), IsUtf8);
  return utf8 ? "" : " (the file is not UTF-8: iconv -f WINDOWS-1252 -t UTF-8 may help)";
}

// The numbers of the columns with these names. Each name must occur exactly once.
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
      throw std::runtime_error("no column " + Quoted(name) + "; the columns are " +
                               Listed(header.columns) + EncodingHint(header.columns) +
                               DidYouMean(name, header.columns));
    }
    if (repeated.contains(name)) throw std::runtime_error("two columns are called " + Quoted(name));
    found.push_back(at->second);
  }
  return found;
}

void CheckAllNamed(const TableHeader& header) {
  const auto nameless = std::find(header.columns.begin(), header.columns.end(), "");
  if (nameless == header.columns.end()) return;
  // R and pandas write row names in this way. They are not a coordinate.
  throw std::runtime_error("column " + std::to_string(nameless - header.columns.begin() + 1) +
                           " has no name; choose the coordinates with --columns");
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
    if (most == kMostLongitude && std::abs(value) <= 2 * kMostLongitude) {
      message += "; longitudes beyond 360 are the same places modulo 360";
    }
    throw std::runtime_error(message);
  }
}

// Converts columns 0 and 1 to the three coordinates of a point on the unit sphere.
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

std::vector<double> Coordinates::PointMajor(int64_t begin, int64_t end) const {
  std::vector<double> transposed;
  transposed.reserve(static_cast<size_t>((end - begin) * d()));
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t c = 0; c < d(); ++c) {
      transposed.push_back(values[static_cast<size_t>(c * n + i)]);
    }
  }
  return transposed;
}

CoordinateReader::CoordinateReader(std::optional<std::vector<std::string>> columns,
                                   std::vector<std::string> lonlat, CsvFormat csv)
    : columns_(std::move(columns)), lonlat_(std::move(lonlat)), csv_(std::move(csv)) {
  std::vector<std::string> all = lonlat_;
  if (columns_) all.insert(all.end(), columns_->begin(), columns_->end());
  std::sort(all.begin(), all.end());
  const auto twice = std::adjacent_find(all.begin(), all.end());
  if (twice != all.end()) {
    throw std::runtime_error(std::string(lonlat_.empty() ? "--columns" : "--columns and --lonlat") +
                             ": " + Quoted(*twice) + " is named twice");
  }
}

CoordinateReader::CoordinateReader(SettledColumns settled, CsvFormat csv)
    : csv_(std::move(csv)), settled_(std::move(settled.names)), format_(settled.format) {
  if (settled.has_lonlat) lonlat_.assign(settled_.begin(), settled_.begin() + 2);
}

Coordinates CoordinateReader::ReadPoints(const std::string& path) {
  try {
    return FromTable(ReadTable(
        path, [this](const TableHeader& header) { return SelectFirst(header); }, csv_));
  } catch (const CellError& error) {
    // Most likely a column of names that was not meant as a coordinate.
    if (columns_.has_value() || !lonlat_.empty()) throw;
    throw std::runtime_error(std::string(error.what()) + "; --columns chooses the coordinates");
  }
}

Coordinates CoordinateReader::ReadMatching(const std::string& path) const {
  CsvFormat csv = csv_;
  csv.known_names = WrittenNames();
  bool written = false;
  Table table = ReadTable(
      path,
      [&](const TableHeader& header) {
        written = header.format == TableFormat::kCsv && header.columns == csv.known_names;
        return written ? AllColumns(header) : SelectMatching(header);
      },
      csv);
  if (!written) return FromTable(std::move(table));
  return {table.path, table.rows, CoordinateNames(), std::move(table.values)};
}

std::string CoordinateReader::Description() const {
  std::string text;
  if (!lonlat_.empty()) text = Spoken(lonlat_) + " (as 3 on the unit sphere)";
  const std::span<const std::string> others = std::span(settled_).subspan(lonlat_.size());
  if (!others.empty()) text += (text.empty() ? "" : ", ") + Spoken(others);
  if (!unused_.empty()) text += "; not used: " + Spoken(unused_);
  return text;
}

std::vector<std::string> CoordinateReader::WrittenNames() const {
  std::vector<std::string> names = CoordinateNames();
  const bool numbered = format_ == TableFormat::kNpy || csv_.header == CsvFormat::Header::kNone;
  if (numbered) {
    for (std::string& name : names) name.insert(0, "column ");
  }
  return names;
}

bool CoordinateReader::ReadsNpyOfCoordinates() const {
  if (!lonlat_.empty()) return false;
  if (format_ == TableFormat::kCsv) return true;
  for (size_t i = 0; i < settled_.size(); ++i) {
    if (settled_[i] != std::to_string(i)) return false;
  }
  return true;
}

std::vector<std::string> CoordinateReader::CoordinateNames() const {
  if (lonlat_.empty()) return settled_;
  const std::string place = " of " + lonlat_[0] + "," + lonlat_[1];
  std::vector<std::string> names = {"x" + place, "y" + place, "z" + place};
  names.insert(names.end(), settled_.begin() + 2, settled_.end());
  return names;
}

std::vector<int64_t> CoordinateReader::SelectFirst(const TableHeader& header) {
  format_ = header.format;
  settled_ = lonlat_;
  if (columns_) {
    settled_.insert(settled_.end(), columns_->begin(), columns_->end());
  } else if (lonlat_.empty()) {
    CheckAllNamed(header);
    settled_ = header.columns;
  }
  std::vector<int64_t> selected = FindColumns(header, settled_);
  std::vector<bool> used(header.columns.size());
  for (const int64_t column : selected) used[static_cast<size_t>(column)] = true;
  for (size_t column = 0; column < used.size(); ++column) {
    if (!used[column])
      unused_.push_back(header.columns[column].empty() ? "''" : header.columns[column]);
  }
  return selected;
}

std::vector<int64_t> CoordinateReader::SelectMatching(const TableHeader& header) const {
  std::vector<int64_t> selected;
  if (header.format != format_) {
    if (header.columns.size() != settled_.size()) {
      throw std::runtime_error(
          "has " + std::to_string(header.columns.size()) +
          " columns; because its format differs from that of the points, it must have " +
          "only these " + std::to_string(settled_.size()) + ", in this order: " + Listed(settled_));
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
  coordinates.names = CoordinateNames();
  if (lonlat_.empty()) {
    coordinates.values = std::move(table.values);
    return coordinates;
  }
  CheckRange(table, 0, kMostLongitude);
  CheckRange(table, 1, kMostLatitude);
  coordinates.values = WithSphere(table);
  return coordinates;
}

}  // namespace residual_knn::cli
