// A workload: points, model and queries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace residual_knn::bench {

struct Published {
  // The unit of the figure: seconds for the whole job (V, tree and search), or rows per second.
  enum class Measure { kWholeSeconds, kRowsPerSecond };
  Measure measure;
  double value;
  std::string source;
};

struct Workload {
  std::string name;
  // The source of the points, for the report.
  std::string data;

  int64_t n = 0;
  int64_t d = 0;
  int64_t m = 0;
  int32_t k = 0;
  // enum residual_knn_kernel. The variance is 1 and the nugget is 0.
  int32_t kernel = 0;
  std::vector<double> lengthscales;
  double jitter = 0;
  // enum residual_knn_factor_storage.
  int32_t factor_storage = 0;

  // If true, the candidates are the rows before the query, otherwise all other rows.
  bool predecessors = false;
  // The queries; empty: every row in order.
  std::vector<int64_t> rows;

  // n x d and m x d, in point-major order.
  std::vector<double> points;
  std::vector<double> inducing;
  // Seconds for choosing the inducing points; 0 if they are given. They are not part of the search.
  double inducing_seconds = 0;

  // If true, an index serves many searches, so the search is measured without building the tree.
  bool index_serves_many = false;
  // A published figure for this job.
  std::optional<Published> published;

  // Default number of rows whose answer is compared with the reference.
  int64_t recall_rows = 0;

  int64_t NumQueries() const { return rows.empty() ? n : static_cast<int64_t>(rows.size()); }
};

// The number of pairs of a query and a candidate for these query rows (empty: every row).
int64_t CountPairs(const Workload& workload, const std::vector<int64_t>& rows);

}  // namespace residual_knn::bench
