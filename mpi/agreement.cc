#include "mpi/agreement.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/fingerprint.h"
#include "c_api/team.h"
#include "mpi/failure.h"

namespace residual_knn::mpi {
namespace {

// Wrong sizes, which the library refuses, count as none.
uint64_t FingerprintOf(const double* values, int64_t rows, int64_t columns) {
  Fingerprint fingerprint;
  fingerprint.Add(rows);
  fingerprint.Add(columns);
  int64_t count = 0;
  const bool fits = rows >= 0 && columns >= 0 && !__builtin_mul_overflow(rows, columns, &count) &&
                    count < INT64_MAX / int64_t{sizeof(double)};
  if (fits && values != nullptr)
    fingerprint.AddBytes(values, static_cast<size_t>(count) * sizeof(double));
  return fingerprint.get();
}

uint64_t FingerprintOf(const residual_knn_model_options& options) {
  Fingerprint fingerprint;
  fingerprint.Add(options.kernel);
  fingerprint.Add(options.layout);
  fingerprint.Add(options.factor_storage);
  for (const double option : {options.variance, options.nu, options.alpha, options.nugget,
                              options.jitter, options.max_jitter}) {
    fingerprint.Add(option);
  }
  fingerprint.Add(options.max_bytes);
  return fingerprint.get();
}

uint64_t FingerprintOf(const SearchCall& call, const residual_knn_search_options& options) {
  Fingerprint fingerprint;
  fingerprint.Add(call.num_queries);
  fingerprint.Add(call.predecessors);
  fingerprint.Add(call.k);
  fingerprint.Add(call.new_points != nullptr);
  const auto count = static_cast<size_t>(std::max<int64_t>(call.num_queries, 0));
  if (call.rows != nullptr) fingerprint.AddBytes(call.rows, count * sizeof(int64_t));
  if (call.new_points != nullptr && call.index != nullptr) {
    fingerprint.AddBytes(call.new_points,
                         count * static_cast<size_t>(InfoOf(call.index).d) * sizeof(double));
  }
  for (const int32_t option :
       {options.layout, options.ranking, options.strategy, options.selection}) {
    fingerprint.Add(option);
  }
  for (const int64_t option :
       {options.residual_candidates, options.scaled_candidates, options.tile_queries,
        options.tile_candidates, options.start_k, int64_t{options.message_base}}) {
    fingerprint.Add(option);
  }
  fingerprint.Add(options.candidate_offsets != nullptr);
  if (options.candidate_offsets != nullptr) {
    fingerprint.AddBytes(options.candidate_offsets, (count + 1) * sizeof(int64_t));
    fingerprint.AddBytes(options.candidate_rows,
                         static_cast<size_t>(options.candidate_offsets[count]) * sizeof(int64_t));
  }
  if (options.start_k > 0) {
    fingerprint.AddBytes(options.start,
                         count * static_cast<size_t>(options.start_k) * sizeof(int64_t));
  }
  fingerprint.Add(options.conditional_variances != nullptr);
  return fingerprint.get();
}

}  // namespace

void RequireSameLibrary(CommTeam& team) {
  const std::vector<std::string> versions = team.ShareText(residual_knn_version());
  const std::vector<std::string> targets = team.ShareText(residual_knn_simd_target());
  for (size_t process = 1; process < targets.size(); ++process) {
    const std::string names = "processes 0 and " + std::to_string(process);
    if (versions[process] != versions[0]) {
      throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
                    names + " have the versions " + versions[0] + " and " + versions[process] +
                        " of the library, and must have the same");
    }
    if (targets[process] != targets[0]) {
      throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
                    names + " have the SIMD targets " + targets[0] + " and " + targets[process] +
                        ", whose results differ in the last bits: use nodes of one kind");
    }
  }
}

void RequireSameIndex(CommTeam& team, const IndexCall& call) {
  team.RequireSame(FingerprintOf(call.points, call.n, call.d), "the points differ");
  team.RequireSame(FingerprintOf(call.lengthscales, call.num_lengthscales, 1),
                   "the lengthscales differ");
  team.RequireSame(FingerprintOf(call.inducing, call.m, call.d), "the inducing points differ");
  team.RequireSame(FingerprintOf(call.options), "the model options differ");
}

void RequireSameSearch(CommTeam& team, const SearchCall& call,
                       const residual_knn_search_options& options) {
  team.RequireSame(FingerprintOf(call, options), "the queries or the search options differ");
  const residual_knn_status status = residual_knn_team_compare_indexes(call.index, &team.team());
  team.RethrowCaught();
  CheckStatus(status);
}

}  // namespace residual_knn::mpi
