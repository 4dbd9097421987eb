#include "support/answer_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

namespace residual_knn_test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Beyond this, distances are compared whatever the conditioning says.
constexpr double kDistanceTolerance = 1e-9;

enum class Certainty { kDegenerate, kRegular, kUnknown };

Certainty CertaintyOf(const Kernel& kernel, const Factor<double>& factor, int64_t i) {
  const double level = factor.DegenerateLevel(i);
  const double doubt = ResidualVarianceTolerance(kernel, factor, i) + 1e-3 * level;
  if (factor.p[i] + doubt < level || factor.p[i] == 0) return Certainty::kDegenerate;
  return factor.p[i] - doubt > level ? Certainty::kRegular : Certainty::kUnknown;
}

struct Expected {
  double squared_distance = 0;
  double tolerance = kInfinity;          // of squared_distance
  std::optional<double> exact_distance;  // if rounding cannot affect it
};

Expected ExpectedOf(const Kernel& kernel, const Side<double>& query, int64_t q,
                    const Side<double>& index, int64_t j, int32_t ranking) {
  const Certainty certainty_q = CertaintyOf(kernel, *query.factor, q);
  const Certainty certainty_j = CertaintyOf(kernel, *index.factor, j);
  Expected expected;
  if (certainty_q == Certainty::kDegenerate || certainty_j == Certainty::kDegenerate) {
    expected.squared_distance = 1;
    expected.tolerance = 0;
    expected.exact_distance = 1;
    return expected;
  }
  if (certainty_q == Certainty::kUnknown || certainty_j == Certainty::kUnknown) return expected;
  const double rho = Rho(kernel, query, q, index, j);
  const double tolerance = RhoTolerance(kernel, query, q, index, j, rho);
  const double ranked = ranking == RESIDUAL_KNN_SIGNED ? rho : std::abs(rho);
  expected.squared_distance = 1 - std::clamp(ranked, -1.0, 1.0);
  expected.tolerance = tolerance + 8 * std::numeric_limits<double>::epsilon();
  if (ranked - tolerance >= 1) expected.exact_distance = 0;
  if (ranked + tolerance <= -1) expected.exact_distance = std::sqrt(2.0);
  if (std::abs(rho) + tolerance < 0x1p-54) expected.exact_distance = 1;
  return expected;
}

// The candidates of one query and the places of its answer.
class QueryCheck {
 public:
  QueryCheck(const Kernel& kernel, const Side<double>& index, const Side<double>& query_side,
             int64_t query_row, int64_t candidates, int64_t excluded, int32_t ranking)
      : kernel_(kernel),
        index_(index),
        query_side_(query_side),
        query_row_(query_row),
        candidates_(candidates),
        excluded_(excluded),
        ranking_(ranking) {}

  // "" or the fault.
  std::string Run(const int64_t* neighbors, const double* distances, int64_t k,
                  CheckCounts& counts) const {
    const int64_t num_candidates =
        candidates_ - (excluded_ >= 0 && excluded_ < candidates_ ? 1 : 0);
    const int64_t found = std::min(k, num_candidates);
    std::vector<char> returned(candidates_, 0);
    for (int64_t rank = 0; rank < k; ++rank) {
      const int64_t j = neighbors[rank];
      const double distance = distances[rank];
      if (rank >= found) {
        if (j != -1 || distance != kInfinity) return Place(rank, j, distance, "must be missing");
        continue;
      }
      if (j < 0 || j >= candidates_ || j == excluded_) {
        return Place(rank, j, distance, "is no candidate");
      }
      if (returned[j] != 0) return Place(rank, j, distance, "is returned twice");
      returned[j] = 1;
      if (rank > 0 && !(distance > distances[rank - 1] ||
                        (distance == distances[rank - 1] && j > neighbors[rank - 1]))) {
        return Place(rank, j, distance, "breaks the order");
      }
      const std::string problem = CheckDistance(rank, j, distance, counts);
      if (!problem.empty()) return problem;
    }
    return found < num_candidates && found > 0
               ? CheckLeftOut(returned, neighbors[found - 1], distances[found - 1])
               : "";
  }

 private:
  static std::string Place(int64_t rank, int64_t j, double distance, const char* what) {
    std::ostringstream text;
    text.precision(17);
    text << "rank " << rank << ", neighbor " << j << " at " << distance << " " << what;
    return text.str();
  }

  std::string CheckDistance(int64_t rank, int64_t j, double distance, CheckCounts& counts) const {
    const double largest = ranking_ == RESIDUAL_KNN_SIGNED ? std::sqrt(2.0) : 1.0;
    if (!(distance >= 0 && distance <= largest)) {
      return Place(rank, j, distance, "is out of range");
    }
    const Expected expected = ExpectedOf(kernel_, query_side_, query_row_, index_, j, ranking_);
    ++counts.distances;
    counts.sharp_distances += expected.tolerance < 1e-6 ? 1 : 0;
    if (expected.exact_distance && distance != *expected.exact_distance) {
      return Place(rank, j, distance, "must be at ") + std::to_string(*expected.exact_distance);
    }
    if (std::abs(distance - std::sqrt(expected.squared_distance)) <= kDistanceTolerance ||
        std::abs(distance * distance - expected.squared_distance) <= expected.tolerance) {
      return "";
    }
    std::ostringstream text;
    text.precision(17);
    text << Place(rank, j, distance, "but the reference has ")
         << std::sqrt(expected.squared_distance) << ", tolerance on the square "
         << expected.tolerance;
    return text.str();
  }

  // No omitted candidate may be nearer than the last neighbor.
  std::string CheckLeftOut(const std::vector<char>& returned, int64_t last,
                           double last_distance) const {
    for (int64_t j = 0; j < candidates_; ++j) {
      if (returned[j] != 0 || j == excluded_) continue;
      const Expected expected = ExpectedOf(kernel_, query_side_, query_row_, index_, j, ranking_);
      bool nearer = std::sqrt(expected.squared_distance) + kDistanceTolerance < last_distance &&
                    expected.squared_distance + expected.tolerance < last_distance * last_distance;
      if (expected.exact_distance) {
        nearer |= *expected.exact_distance < last_distance ||
                  (*expected.exact_distance == last_distance && j < last);
      }
      if (nearer) {
        std::ostringstream text;
        text.precision(17);
        text << "candidate " << j << " at " << std::sqrt(expected.squared_distance)
             << " was left out for " << last << " at " << last_distance;
        return text.str();
      }
    }
    return "";
  }

  const Kernel& kernel_;
  const Side<double>& index_;
  const Side<double>& query_side_;
  int64_t query_row_;
  int64_t candidates_;
  int64_t excluded_;
  int32_t ranking_;
};

}  // namespace

std::string CheckAnswer(const Kernel& kernel, const Side<double>& index,
                        const Side<double>& queries, const Question& question, int32_t ranking,
                        const Answer& answer, CheckCounts& counts) {
  if (answer.status != RESIDUAL_KNN_OK) {
    return std::string(residual_knn_status_string(answer.status)) + " " + residual_knn_last_error();
  }
  if (answer.overrun) return "something was written behind an output";
  const bool of_rows =
      question.kind == QueryKind::kNeighbors || question.kind == QueryKind::kPredecessors;
  for (int64_t q = 0; q < question.count(); ++q) {
    const int64_t row = of_rows ? question.rows[q] : q;
    const int64_t candidates =
        question.kind == QueryKind::kPredecessors ? row : static_cast<int64_t>(index.points->n);
    const QueryCheck check(kernel, index, of_rows ? index : queries, row, candidates,
                           of_rows ? row : -1, ranking);
    const std::string problem =
        check.Run(answer.neighbors.data() + q * question.k,
                  answer.distances.data() + q * question.k, question.k, counts);
    if (!problem.empty()) {
      return "query " + std::to_string(q) + (of_rows ? " (row " + std::to_string(row) + ")" : "") +
             ": " + problem;
    }
  }
  return "";
}

}  // namespace residual_knn_test
