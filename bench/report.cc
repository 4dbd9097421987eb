#include "report.h"

#include <residual_knn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <map>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace residual_knn::bench {
namespace {

// The levels of residual_knn_info.residual_share in percent.
constexpr std::array<const char*, 7> kShareLevels = {"0", "1", "5", "50", "95", "99", "100"};
constexpr double kMebibyte = 1024.0 * 1024.0;

std::string Fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

// Three significant digits.
std::string Short(double value) {
  std::ostringstream out;
  out << std::setprecision(3) << value;
  return out.str();
}

// Seconds, ratios: as many digits as tell something.
std::string Figure(double value) {
  if (value >= 100) return Fixed(value, 0);
  if (value >= 10) return Fixed(value, 1);
  return Fixed(value, value >= 0.1 ? 2 : 4);
}

// Cut, not rounded: one wrong neighbor must not look like none.
std::string RecallText(const Recall& recall) {
  return recall.expected == 0 ? "-" : Fixed(std::floor(recall.Share() * 1e5) * 1e-5, 5);
}

std::string PeakText(const Measurement& row) {
  return row.peak_bytes ? Fixed(static_cast<double>(*row.peak_bytes) / kMebibyte, 0) : "?";
}

// `text` in a column: names to the left, figures to the right.
struct Column {
  const char* title;
  int width;
  bool left;
};
constexpr std::array<Column, 15> kColumns = {{{"workload", 11, true},
                                              {"strategy", 18, true},
                                              {"thr", 3, false},
                                              {"n", 8, false},
                                              {"d", 3, false},
                                              {"m", 4, false},
                                              {"k", 3, false},
                                              {"queries", 8, false},
                                              {"rows/s", 9, false},
                                              {"search s", 9, false},
                                              {"build s", 8, false},
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

double Micros(const Measurement& row) { return 1e6 / row.rows_per_second; }

}  // namespace

void PrintHeader(std::ostream& out) {
  out << "residual_knn " << residual_knn_version() << ", SIMD " << residual_knn_simd_target()
      << ", BLAS " << residual_knn_blas() << "; bare products: OpenBLAS for " << GemmCore() << '\n'
      << "x_gemm: seconds of bare dgemm over all pairs / seconds of the search; x_total: with the "
         "index build beyond V. ~ extrapolated from a sample.\n\n";
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
                   estimate + Figure(row.search_seconds), Figure(row.info.build_seconds),
                   RecallText(row.recall), gemm_estimate + Figure(row.x_gemm),
                   gemm_estimate + Figure(row.x_gemm_total), PeakText(row)});
  out << "    p/K";
  for (size_t q = 0; q < kShareLevels.size(); ++q) {
    out << ' ' << kShareLevels[q] << "%:" << Short(row.info.residual_share[q]);
  }
  out << "; degenerate " << row.info.degenerate_points << "; " << row.data
      << (row.predecessors ? "; predecessors" : "; all others") << '\n';
  const double searched = static_cast<double>(row.queries_searched);
  out << "    used " << row.strategy_used << ": scored "
      << Short(100.0 * static_cast<double>(row.statistics.pairs_scored) /
               static_cast<double>(std::max<int64_t>(1, row.statistics.pairs)))
      << "% of the pairs, rescored "
      << Short(static_cast<double>(row.statistics.pairs_rescored) / searched)
      << " a row; bare dgemm " << gemm_estimate << Figure(row.gemm_seconds) << " s ("
      << Fixed(row.gemm_gflops, 1) << " GFLOP/s, tiles " << row.gemm_tile.queries << " x "
      << row.gemm_tile.candidates << "); recall of " << row.recall.rows
      << " rows, distances within " << Short(row.recall.distance_error) << "; repeats "
      << row.repeats << '\n';
  if (row.sampled) {
    out << "    SAMPLED: " << row.queries_searched << " of " << row.queries
        << " queries searched in " << Figure(row.search_seconds_measured)
        << " s; the rest follows by the number of pairs\n";
  }
  out << std::flush;
}

void PrintRow(std::ostream& out, const MissingRow& row) {
  out << std::left << std::setw(kColumns[0].width) << row.workload
      << (row.failed ? " FAILED: " : " SKIPPED: ") << row.reason << '\n'
      << std::flush;
}

void PrintGrowth(std::ostream& out, const std::vector<Measurement>& rows) {
  std::map<std::tuple<std::string, std::string, int32_t>, std::map<int64_t, const Measurement*>>
      series;
  for (const Measurement& row : rows) {
    series[{row.workload, row.strategy, row.threads}][row.n] = &row;
  }
  for (const auto& [key, by_n] : series) {
    if (by_n.size() < 2) continue;
    out << "\nGrowth of " << std::get<0>(key) << ", " << std::get<1>(key) << ", "
        << std::get<2>(key) << " thread(s): microseconds a row; exponent of n since the last\n";
    const Measurement* last = nullptr;
    for (const auto& [n, row] : by_n) {
      out << std::right << std::setw(10) << n << std::setw(12) << Figure(Micros(*row))
          << (row->sampled ? "~" : " ");
      if (last != nullptr) {
        out << std::setw(8)
            << Fixed(std::log(Micros(*row) / Micros(*last)) /
                         std::log(static_cast<double>(n) / static_cast<double>(last->n)),
                     2);
      }
      out << '\n';
      last = row;
    }
  }
  out << std::flush;
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
