#include "comparison.h"

#include <residual_knn.h>

#include <algorithm>
#include <limits>
#include <map>
#include <ostream>
#include <string>
#include <tuple>

#include "figures.h"
#include "strategies.h"

namespace residual_knn::bench {
namespace {

constexpr int kNameWidth = 16;
constexpr int kSizeWidth = 9;
constexpr int kLeastWidth = 8;

// Measurements by strategy.
using ByStrategy = std::map<std::string, const Measurement*, std::less<>>;

const Measurement* Find(const ByStrategy& rows, int32_t strategy) {
  const auto row = rows.find(StrategyName(strategy));
  return row == rows.end() ? nullptr : row->second;
}

std::string TimeAgainst(const Measurement* row, double seconds) {
  return row == nullptr ? "-" : Fixed(row->counted_seconds / seconds, 2);
}

void PrintLine(std::ostream& out, const ByStrategy& rows) {
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [name, row] : rows) best = std::min(best, row->counted_seconds);
  const Measurement& any = *rows.begin()->second;
  out << PadRight(any.workload, kNameWidth) << PadLeft(std::to_string(any.n), kSizeWidth)
      << PadLeft(std::to_string(any.threads), 4);
  for (const Strategy& strategy : Strategies()) {
    const Measurement* row = Find(rows, strategy.value);
    const int width = std::max(kLeastWidth, static_cast<int>(strategy.name.size())) + 1;
    const std::string estimate = row != nullptr && row->gemm_extrapolated ? "~" : "";
    out << PadLeft(
        row == nullptr ? "-" : estimate + Figure(row->gemm_seconds / row->counted_seconds), width);
  }
  const Measurement* automatic = Find(rows, RESIDUAL_KNN_AUTOMATIC);
  const Measurement* brute_force = Find(rows, RESIDUAL_KNN_BRUTE_FORCE);
  out << PadLeft(TimeAgainst(automatic, best), 11)
      << PadLeft(
             brute_force == nullptr ? "-" : TimeAgainst(automatic, brute_force->counted_seconds),
             12)
      << '\n';
}

}  // namespace

void PrintComparison(std::ostream& out, const std::vector<Measurement>& rows) {
  std::map<std::tuple<std::string, int64_t, int32_t>, ByStrategy> groups;
  for (const Measurement& row : rows) {
    groups[{row.workload, row.n, row.threads}][row.strategy] = &row;
  }
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  if (groups.empty()) return;

  out << "\nStrategies side by side: x_total, or x_gemm if an index serves many searches "
         "(origin); and the time of automatic divided by that of the best and of brute force\n"
      << PadRight("workload", kNameWidth) << PadLeft("n", kSizeWidth) << PadLeft("thr", 4);
  for (const Strategy& strategy : Strategies()) {
    const int width = std::max(kLeastWidth, static_cast<int>(strategy.name.size())) + 1;
    out << PadLeft(std::string(strategy.name), width);
  }
  out << PadLeft("auto/best", 11) << PadLeft("auto/brute", 12) << '\n';
  for (const auto& [key, by_strategy] : groups) PrintLine(out, by_strategy);
  out << std::flush;
}

}  // namespace residual_knn::bench
