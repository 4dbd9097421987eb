#include "growth.h"

#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <string>
#include <tuple>

#include "figures.h"

namespace residual_knn::bench {
namespace {

constexpr size_t kTimes = 3;
constexpr int kWidth = 9;

// Microseconds per row and thread: tree, search, both.
std::array<double, kTimes> Micros(const Measurement& row) {
  const double scale = 1e6 * row.threads / static_cast<double>(row.queries);
  return {scale * row.tree_seconds, scale * row.search_seconds,
          scale * (row.tree_seconds + row.search_seconds)};
}

// The exponent of n between two measurements; "-" if a time is zero.
std::string Exponent(double from, double to, int64_t n_from, int64_t n_to) {
  if (!(from > 0) || !(to > 0)) return "-";
  return Fixed(
      std::log(to / from) / std::log(static_cast<double>(n_to) / static_cast<double>(n_from)), 2);
}

void PrintSeries(std::ostream& out, const std::map<int64_t, const Measurement*>& by_n) {
  out << PadLeft("n", 10) << PadLeft("V s", kWidth);
  for (const char* name : {"tree us", "search us", "both us"}) {
    out << PadLeft(name, kWidth + 2) << PadLeft("n^", kWidth - 2);
  }
  out << '\n';
  const Measurement* last = nullptr;
  for (const auto& [n, row] : by_n) {
    out << PadLeft(std::to_string(n), 10) << PadLeft(Figure(row->info.build_seconds), kWidth);
    const std::array<double, kTimes> micros = Micros(*row);
    for (size_t i = 0; i < kTimes; ++i) {
      const std::string estimate = row->sampled && i > 0 ? "~" : "";
      out << PadLeft(estimate + Figure(micros[i]), kWidth + 2)
          << PadLeft(last == nullptr ? "" : Exponent(Micros(*last)[i], micros[i], last->n, n),
                     kWidth - 2);
    }
    out << "  " << row->strategy_used << '\n';
    last = row;
  }
}

}  // namespace

void PrintGrowth(std::ostream& out, const std::vector<Measurement>& rows) {
  std::map<std::tuple<std::string, std::string, int32_t>, std::map<int64_t, const Measurement*>>
      series;
  for (const Measurement& row : rows) {
    series[{row.workload, row.strategy, row.threads}][row.n] = &row;
  }
  for (const auto& [key, by_n] : series) {
    if (by_n.size() < 2) continue;
    out << "\nGrowth of " << std::get<0>(key) << ", " << std::get<1>(key) << ", "
        << std::get<2>(key)
        << " thread(s): microseconds per row and thread, and their exponent of n since the "
           "previous n (the exponent of a whole job is larger by one)\n";
    PrintSeries(out, by_n);
  }
  out << std::flush;
}

}  // namespace residual_knn::bench
