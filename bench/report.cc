#include "report.h"

#include <residual_knn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <stdexcept>

#include "figures.h"

namespace residual_knn::bench {
namespace {

// The levels of residual_knn_info.residual_share in percent.
constexpr std::array<const char*, 7> kShareLevels = {"0", "1", "5", "50", "95", "99", "100"};
constexpr double kMebibyte = 1024.0 * 1024.0;

// Truncated, not rounded, so that one wrong neighbor is visible.
std::string RecallText(const Recall& recall) {
  return recall.expected == 0 ? "-" : Fixed(std::floor(recall.Share() * 1e5) * 1e-5, 5);
}

std::string PeakText(const Measurement& row) {
  return row.peak_bytes ? Fixed(static_cast<double>(*row.peak_bytes) / kMebibyte, 0) : "?";
}

// A column of the table. Names are left-aligned, numbers right-aligned.
struct Column {
  const char* title;
  int width;
  bool left;
};
constexpr std::array<Column, 16> kColumns = {{{"workload", 11, true},
                                              {"strategy", 18, true},
                                              {"thr", 3, false},
                                              {"n", 8, false},
                                              {"d", 3, false},
                                              {"m", 4, false},
                                              {"k", 3, false},
                                              {"queries", 8, false},
                                              {"rows/s", 9, false},
                                              {"search s", 9, false},
                                              {"tree s", 8, false},
                                              {"V s", 8, false},
                                              {"recall", 8, false},
                                              {"x_gemm", 7, false},
                                              {"x_total", 7, false},
                                              {"peak MiB", 8, false}}};

void PrintCells(std::ostream& out, const std::array<std::string, kColumns.size()>& cells) {
  for (size_t c = 0; c < cells.size(); ++c) {
    out << (c == 0 ? "" : " ") << (kColumns[c].left ? std::left : std::right)
        << std::setw(kColumns[c].width) << cells[c];
  }
  out << '\n';
}

// Totals of the first search divided by the number of its queries.
class PerQuery {
 public:
  explicit PerQuery(const residual_knn_statistics& statistics)
      : queries_(static_cast<double>(std::max<int64_t>(1, statistics.queries))) {}

  double operator()(int64_t total) const { return static_cast<double>(total) / queries_; }

 private:
  double queries_;
};

int64_t Scores(const residual_knn_statistics& statistics) {
  return statistics.pairs_scored + statistics.pivots_scored + statistics.pivots_coupled;
}

// Writes the statistics that show why a search was fast or slow.
void PrintStatistics(std::ostream& out, const Measurement& row) {
  const residual_knn_statistics& s = row.statistics;
  const PerQuery each(s);
  out << "    used " << row.strategy_used << ": " << residual_knn_reason_string(s.reason) << "; "
      << s.coarse_blocks << " coarse blocks; V " << Figure(row.info.build_seconds) << " s + tree "
      << Figure(row.tree_seconds) << " s + search " << Figure(row.search_seconds)
      << " s = " << Figure(row.whole_seconds) << " s\n    a query: " << Figure(each(s.pairs))
      << " pairs, " << Figure(each(s.pairs_scored)) << " scored ("
      << Percent(s.pairs_scored, s.pairs) << "), " << Figure(each(s.pairs_rescored))
      << " rescored; pivots " << Figure(each(s.pivots_scored)) << " scored, "
      << Figure(each(s.pivots_coupled)) << " coupled; blocks " << Figure(each(s.blocks_bounded))
      << " bounded (" << Percent(s.blocks_dismissed, s.blocks_bounded) << " dismissed); points "
      << Figure(each(s.points_bounded)) << " bounded, " << Figure(each(s.survivors))
      << " survived; low precision " << Percent(s.scored_in_low_precision, Scores(s)) << '\n';
}

void PrintPublished(std::ostream& out, const Measurement& row) {
  if (!row.published) return;
  const bool rows = row.published->measure == Published::Measure::kRowsPerSecond;
  const char* const unit = rows ? " rows/s" : " s with V, tree and search";
  out << "    PUBLISHED: " << Figure(row.published->value) << (rows ? " rows/s" : " s") << " ("
      << row.published->source << "); here " << (row.sampled ? "~" : "")
      << Figure(rows ? row.rows_per_second : row.whole_seconds) << unit << " on " << row.threads
      << " thread(s)\n";
}

// Null if the whole is 0.
nlohmann::ordered_json Share(int64_t part, int64_t whole) {
  if (whole == 0) return nullptr;
  return static_cast<double>(part) / static_cast<double>(whole);
}

nlohmann::ordered_json StatisticsJson(const residual_knn_statistics& s) {
  const PerQuery each(s);
  nlohmann::ordered_json json;
  json["pairs"] = each(s.pairs);
  json["pairs_scored"] = each(s.pairs_scored);
  json["pairs_rescored"] = each(s.pairs_rescored);
  json["pivots_scored"] = each(s.pivots_scored);
  json["pivots_coupled"] = each(s.pivots_coupled);
  json["blocks_bounded"] = each(s.blocks_bounded);
  json["blocks_dismissed"] = each(s.blocks_dismissed);
  json["points_bounded"] = each(s.points_bounded);
  json["survivors"] = each(s.survivors);
  return json;
}

}  // namespace

void PrintHeader(std::ostream& out) {
  out << "residual_knn " << residual_knn_version() << ", SIMD " << residual_knn_simd_target()
      << ", BLAS " << residual_knn_blas() << "; bare products: OpenBLAS for " << GemmCore() << '\n'
      << "x_gemm: seconds of bare dgemm over all pairs / seconds of the search without building "
         "trees; x_total: / of tree and search. V s: the index with V and p. ~ extrapolated from a "
         "sample.\n\n";
  std::array<std::string, kColumns.size()> titles;
  for (size_t c = 0; c < kColumns.size(); ++c) titles[c] = kColumns[c].title;
  PrintCells(out, titles);
  out << std::flush;
}

void PrintRow(std::ostream& out, const Measurement& row) {
  const std::string estimate = row.sampled ? "~" : "";
  const std::string gemm_estimate = row.gemm_extrapolated ? "~" : "";
  PrintCells(out, {row.workload, row.strategy, std::to_string(row.threads), std::to_string(row.n),
                   std::to_string(row.d), std::to_string(row.m), std::to_string(row.k),
                   std::to_string(row.queries), estimate + Fixed(row.rows_per_second, 0),
                   estimate + Figure(row.search_seconds), Figure(row.tree_seconds),
                   Figure(row.info.build_seconds), RecallText(row.recall),
                   gemm_estimate + Figure(row.x_gemm), gemm_estimate + Figure(row.x_gemm_total),
                   PeakText(row)});
  out << "    p/K";
  for (size_t q = 0; q < kShareLevels.size(); ++q) {
    out << ' ' << kShareLevels[q] << "%:" << Short(row.info.residual_share[q]);
  }
  out << "; degenerate " << row.info.degenerate_points << "; " << row.data
      << (row.predecessors ? "; predecessors" : "; all others") << '\n';
  PrintStatistics(out, row);
  PrintPublished(out, row);
  out << "    bare dgemm " << gemm_estimate << Figure(row.gemm_seconds) << " s ("
      << Fixed(row.gemm_gflops, 1) << " GFLOP/s, tiles " << row.gemm_tile.queries << " x "
      << row.gemm_tile.candidates << "); recall of " << row.recall.rows
      << " rows, distances within " << Short(row.recall.distance_error) << "; repeats "
      << row.repeats << '\n';
  if (row.sampled) {
    out << "    SAMPLED: " << row.queries_searched << " of " << row.queries
        << " queries searched in " << Figure(row.search_seconds_measured)
        << " s; the whole job is extrapolated by the number of pairs\n";
  }
  out << std::flush;
}

void PrintRow(std::ostream& out, const MissingRow& row) {
  out << std::left << std::setw(kColumns[0].width) << row.workload
      << (row.failed ? " FAILED: " : " SKIPPED: ") << row.reason << '\n'
      << std::flush;
}

nlohmann::ordered_json ToJson(const Measurement& row) {
  nlohmann::ordered_json json;
  json["workload"] = row.workload;
  json["strategy"] = row.strategy;
  json["threads"] = row.threads;
  json["rows_per_second"] = row.rows_per_second;
  json["recall"] = nullptr;
  if (row.recall.expected > 0) json["recall"] = row.recall.Share();
  json["x_gemm"] = row.x_gemm;
  json["x_gemm_total"] = row.x_gemm_total;
  json["build_seconds"] = row.info.build_seconds;
  json["peak_bytes"] = nullptr;
  if (row.peak_bytes) json["peak_bytes"] = *row.peak_bytes;

  json["data"] = row.data;
  json["n"] = row.n;
  json["d"] = row.d;
  json["m"] = row.m;
  json["k"] = row.k;
  json["predecessors"] = row.predecessors;
  json["queries"] = row.queries;
  json["queries_searched"] = row.queries_searched;
  json["sampled"] = row.sampled;
  json["extrapolated"] = row.gemm_extrapolated;
  json["repeats"] = row.repeats;
  json["search_seconds"] = row.search_seconds;
  json["search_seconds_measured"] = row.search_seconds_measured;
  json["tree_seconds"] = row.tree_seconds;
  json["whole_seconds"] = row.whole_seconds;
  json["published"] = nullptr;
  if (row.published) {
    const bool rows = row.published->measure == Published::Measure::kRowsPerSecond;
    json["published"] = {{rows ? "rows_per_second" : "whole_seconds", row.published->value},
                         {"source", row.published->source}};
  }
  json["gemm_seconds"] = row.gemm_seconds;
  json["gemm_seconds_measured"] = row.gemm_seconds_measured;
  json["gemm_gflops"] = row.gemm_gflops;
  json["gemm_tile"] = {row.gemm_tile.queries, row.gemm_tile.candidates};
  json["inducing_seconds"] = row.inducing_seconds;
  json["index_bytes"] = row.info.bytes;
  json["jitter"] = row.info.jitter;
  json["degenerate_points"] = row.info.degenerate_points;
  json["residual_share"] = row.info.residual_share;
  json["strategy_used"] = row.strategy_used;
  json["reason"] = residual_knn_reason_string(row.statistics.reason);
  json["coarse_blocks"] = row.statistics.coarse_blocks;
  json["per_query"] = StatisticsJson(row.statistics);
  json["blocks_dismissed_share"] =
      Share(row.statistics.blocks_dismissed, row.statistics.blocks_bounded);
  json["low_precision_share"] =
      Share(row.statistics.scored_in_low_precision, Scores(row.statistics));
  json["pairs"] = row.statistics.pairs;
  json["pairs_scored"] = row.statistics.pairs_scored;
  json["pairs_rescored"] = row.statistics.pairs_rescored;
  json["recall_rows"] = row.recall.rows;
  json["distance_error"] = row.recall.distance_error;
  json["simd_target"] = residual_knn_simd_target();
  json["blas"] = residual_knn_blas();
  json["version"] = residual_knn_version();
  return json;
}

nlohmann::ordered_json ToJson(const MissingRow& row) {
  nlohmann::ordered_json json;
  json["workload"] = row.workload;
  for (const char* key : {"strategy", "threads", "rows_per_second", "recall", "x_gemm",
                          "x_gemm_total", "build_seconds", "peak_bytes"}) {
    json[key] = nullptr;
  }
  json[row.failed ? "error" : "skipped"] = row.reason;
  return json;
}

void WriteJson(const std::string& path, const nlohmann::ordered_json& rows) {
  std::ofstream file(path, std::ios::trunc);
  file << rows.dump(2) << '\n' << std::flush;
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace residual_knn::bench
