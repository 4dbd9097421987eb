#include "tools/statistics_text.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string_view>

#include "tools/number_text.h"
#include "tools/option_values.h"

namespace residual_knn::cli {
namespace {

// The levels of residual_knn_info::residual_share, in percent.
constexpr std::array<const char*, 7> kLevels = {"0", "1", "5", "50", "95", "99", "100"};
constexpr int kLabelWidth = 18;
constexpr int kCountWidth = 16;

std::string Significant(double value, int digits) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::setprecision(digits) << value;
  return out.str();
}

// A number without exponent, with decimals only if they are significant.
std::string Mean(int64_t sum, int64_t count) {
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::fixed << std::setprecision(mean >= 100 || sum % count == 0 ? 0 : 2) << mean;
  return out.str();
}

std::string Seconds(double seconds) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::fixed << std::setprecision(3) << seconds << " s";
  return out.str();
}

// `part` in percent of `whole`; "-" if `whole` is 0.
std::string Percent(int64_t part, int64_t whole) {
  if (whole == 0) return "- %";
  return Significant(100.0 * static_cast<double>(part) / static_cast<double>(whole), 3) + " %";
}

class Lines {
 public:
  explicit Lines(int64_t queries) : queries_(queries) { out_.imbue(std::locale::classic()); }

  void Say(std::string_view label, std::string_view text) {
    out_ << std::left << std::setw(kLabelWidth) << label << text << '\n';
  }

  void CountTitles() {
    out_ << '\n'
         << std::left << std::setw(kLabelWidth) << "" << std::right << std::setw(kCountWidth)
         << "in all" << std::setw(kCountWidth) << "a query" << '\n';
  }

  void Count(std::string_view label, int64_t count, std::string_view share = {}) {
    const std::string each = queries_ == 0 ? "-" : Mean(count, queries_);
    out_ << std::left << std::setw(kLabelWidth) << label << std::right << std::setw(kCountWidth)
         << count << std::setw(kCountWidth) << each;
    if (!share.empty()) out_ << "   " << share;
    out_ << '\n';
  }

  [[nodiscard]] std::string Text() const { return out_.str(); }

 private:
  int64_t queries_;
  std::ostringstream out_;
};

// Names may contain line ends, which are replaced.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

void SayIndex(const NeighborsOptions& options, const std::vector<std::string>& coordinates,
              const residual_knn_info& info, Lines* lines) {
  if (!options.index.empty()) lines->Say("index file", OneLine(options.index));
  std::string names;
  for (const std::string& name : coordinates) names += (names.empty() ? "" : ", ") + name;
  lines->Say("points", std::to_string(info.n) + ", coordinates " + OneLine(names));
  if (info.given_factor != 0) {
    lines->Say("columns of V", std::to_string(info.m) + ", given by another program");
  } else {
    lines->Say("inducing points",
               std::to_string(info.m) + ", jitter " + Significant(info.jitter, 3));
  }
  lines->Say("degenerate points", std::to_string(info.degenerate_points));
  std::string shares;
  for (size_t i = 0; i < kLevels.size(); ++i) {
    shares += (i == 0 ? "" : ", ") + std::string(kLevels[i]) + "% " +
              Significant(info.residual_share[i], 3);
  }
  lines->Say("p/K quantiles", shares);
  lines->Say("index", Seconds(info.build_seconds) + ", " +
                          Significant(static_cast<double>(info.bytes) / (1024.0 * 1024.0), 3) +
                          " MiB");
}

}  // namespace

std::string StatisticsText(const NeighborsOptions& options,
                           const std::vector<std::string>& coordinates,
                           const residual_knn_info& info, const SearchReport& report) {
  const residual_knn_statistics& statistics = report.statistics;
  Lines lines(statistics.queries);
  lines.Say("library", "residual_knn " + std::string(residual_knn_version()) + ", SIMD " +
                           residual_knn_simd_target() + ", BLAS " + residual_knn_blas());
  SayIndex(options, coordinates, info, &lines);
  const std::string wanted = options.threshold ? ", threshold " + RealToText(*options.threshold)
                                               : ", k " + std::to_string(options.k);
  lines.Say("queries", std::to_string(statistics.queries) + wanted +
                           (options.predecessors ? ", predecessors" : ""));
  if (!options.slice.IsWhole()) {
    lines.Say("slice", SliceText(options.slice) + ", " + std::to_string(report.range.begin) +
                           " queries before it");
  }
  if (options.resume) {
    lines.Say("resumed",
              Counted(report.resumed_queries, "query", "queries") + " of interrupted runs");
  }
  lines.Say("strategy", ChoiceWord(StrategyChoices(), statistics.strategy));
  lines.Say("why", residual_knn_reason_string(statistics.reason));
  lines.Say("threads", std::to_string(statistics.threads));
  lines.Say("coarse blocks", std::to_string(statistics.coarse_blocks));
  lines.Say("tree", Seconds(statistics.tree_seconds));
  lines.Say("search", Seconds(statistics.seconds - statistics.tree_seconds));
  lines.Say("tree and search", Seconds(statistics.seconds));

  const bool conditional = options.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  lines.Say("uninformative",
            std::to_string(statistics.uninformative_queries) + " of the queries (" +
                Percent(statistics.uninformative_queries, statistics.queries) +
                (conditional ? ") have candidates, but no informative one; " +
                                   std::to_string(statistics.uninformative_picks) +
                                   " picks were not informative"
                             : ") have fewer informative neighbors than requested"));

  lines.CountTitles();
  if (conditional) lines.Count("candidates", statistics.candidates);
  const int64_t scores =
      statistics.pairs_scored + statistics.pivots_scored + statistics.pivots_coupled;
  lines.Count("pairs asked", statistics.pairs);
  lines.Count("pairs scored", statistics.pairs_scored,
              Percent(statistics.pairs_scored, statistics.pairs) + " of the pairs asked");
  lines.Count("pairs rescored", statistics.pairs_rescored);
  lines.Count("pivots scored", statistics.pivots_scored);
  lines.Count("pivots coupled", statistics.pivots_coupled);
  lines.Count("blocks bounded", statistics.blocks_bounded);
  lines.Count(
      "blocks dismissed", statistics.blocks_dismissed,
      Percent(statistics.blocks_dismissed, statistics.blocks_bounded) + " of those bounded");
  lines.Count("points bounded", statistics.points_bounded);
  lines.Count("survivors", statistics.survivors,
              Percent(statistics.survivors, statistics.points_bounded) + " of those bounded");
  lines.Count("low precision", statistics.scored_in_low_precision,
              Percent(statistics.scored_in_low_precision, scores) + " of pairs and pivots scored");
  return lines.Text();
}

}  // namespace residual_knn::cli
