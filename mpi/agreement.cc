#include "mpi/agreement.h"

#include <string>
#include <vector>

#include "mpi/failure.h"
#include "mpi/hash.h"

namespace residual_knn::mpi {
namespace {

// Wrong sizes, which the library refuses, count as none.
uint64_t HashOf(const double* values, int64_t rows, int64_t columns) {
  Hash hash;
  hash.Add(rows);
  hash.Add(columns);
  int64_t count = 0;
  const bool fits = rows >= 0 && columns >= 0 && !__builtin_mul_overflow(rows, columns, &count) &&
                    count < INT64_MAX / int64_t{sizeof(double)};
  if (fits && values != nullptr) hash.AddBytes(values, static_cast<size_t>(count) * sizeof(double));
  return hash.get();
}

uint64_t HashOf(const residual_knn_model_options& options) {
  Hash hash;
  hash.Add(options.kernel);
  hash.Add(options.layout);
  hash.Add(options.factor_storage);
  for (const double option : {options.variance, options.nu, options.alpha, options.nugget,
                              options.jitter, options.max_jitter}) {
    hash.Add(option);
  }
  hash.Add(options.max_bytes);
  return hash.get();
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
  team.RequireSame(HashOf(call.points, call.n, call.d), "the points differ");
  team.RequireSame(HashOf(call.lengthscales, call.num_lengthscales, 1), "the lengthscales differ");
  team.RequireSame(HashOf(call.inducing, call.m, call.d), "the inducing points differ");
  team.RequireSame(HashOf(call.options), "the model options differ");
}

}  // namespace residual_knn::mpi
