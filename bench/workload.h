// One job to measure: points, model and question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace residual_knn::bench {

struct Published {
  // What was measured: the whole job in seconds (V, tree and search), or rows a second.
  enum class Measure { kWholeSeconds, kRowsPerSecond };
  Measure measure;
  double value;
  std::string source;
};

struct Workload {
  std::string name;
  // Where the points come from, for the reader of a result.
  std::string data;

  int64_t n = 0;
  int64_t d = 0;
  int64_t m = 0;
  int32_t k = 0;
  // enum residual_knn_kernel; the variance is 1, there is no nugget.
  int32_t kernel = 0;
  std::vector<double> lengthscales;
  double jitter = 0;

  // Candidates are the rows before the query instead of all others.
  bool predecessors = false;
  // The queries; empty: every row in order.
  std::vector<int64_t> rows;

  // n x d and m x d, the values of one point side by side.
  std::vector<double> points;
  std::vector<double> inducing;
  // Seconds that choosing the inducing points took; 0 where they are given. No part of the search.
  double inducing_seconds = 0;

  // An index outlives such a search: what counts is the search without the tree.
  bool index_serves_many = false;
  // Someone else's figure for this very job.
  std::optional<Published> published;

  // Rows whose answer is compared with the reference unless the user says otherwise.
  int64_t recall_rows = 0;

  int64_t NumQueries() const { return rows.empty() ? n : static_cast<int64_t>(rows.size()); }
};

// Query-candidate pairs of the question for these query rows (empty: every row).
int64_t CountPairs(const Workload& workload, const std::vector<int64_t>& rows);

}  // namespace residual_knn::bench
