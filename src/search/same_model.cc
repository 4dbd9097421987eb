#include "search/same_model.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fingerprint.h"

namespace residual_knn {
namespace {

int64_t OfVariances(const ResidualModel& model) {
  Fingerprint fingerprint;
  fingerprint.Add(model.n());
  fingerprint.Add(model.m());
  for (int64_t i = 0; i < model.n(); ++i) fingerprint.Add(model.residual_variance(i));
  return static_cast<int64_t>(fingerprint.get());
}

int64_t OfPoints(const ResidualModel& model) {
  const ScaledPoints& points = model.points();
  Fingerprint fingerprint;
  fingerprint.Add(points.size());
  fingerprint.Add(points.dimensions());
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    fingerprint.AddAll(std::span(points.coordinate(c), static_cast<size_t>(points.size())));
  }
  return static_cast<int64_t>(fingerprint.get());
}

// The functions of callbacks are not compared: their addresses differ.
int64_t OfKernel(const ResidualModel& model) {
  Fingerprint fingerprint;
  fingerprint.Add(model.covariance() != nullptr);
  if (model.covariance() != nullptr) {
    const CovarianceParameters& parameters = model.covariance()->parameters();
    fingerprint.Add(parameters.kernel);
    fingerprint.Add(parameters.variance);
    fingerprint.Add(parameters.nu);
    fingerprint.Add(parameters.alpha);
  }
  return static_cast<int64_t>(fingerprint.get());
}

void RequireSame(int64_t fingerprint, const char* what, Team& team) {
  const std::vector<int64_t> fingerprints = team.Share(fingerprint);
  for (size_t process = 1; process < fingerprints.size(); ++process) {
    if (fingerprints[process] == fingerprints[0]) continue;
    ThrowInvalid("the index of process " + std::to_string(process) +
                 " is not that of process 0: the " + what + " differ");
  }
}

}  // namespace

void RequireSameModel(const ResidualModel& model, Team& team) {
  RequireSame(OfPoints(model), "points or the lengthscales", team);
  RequireSame(OfKernel(model), "kernels", team);
  RequireSame(OfVariances(model), "residual variances", team);
}

}  // namespace residual_knn
