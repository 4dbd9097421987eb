// Choosing inducing points, ordering points, ordering the points of an index, and preparing its searches.
#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "model/robust_origin.h"
#include "model/scaled_points.h"
#include "points/inducing_points.h"
#include "points/ordering.h"
#include "search/preparation.h"
#include "search/residual_order.h"

using residual_knn::DenseMatrixView;
using residual_knn::Guard;
using residual_knn::Monitor;
using residual_knn::ScaledPoints;

namespace {

residual_knn_helper_options Defaults() {
  residual_knn_helper_options options{};
  options.seed = 1;
  options.max_iterations = 10;
  return options;
}

residual_knn_helper_options ReadHelperOptions(const residual_knn_helper_options* options) {
  return residual_knn::ReadOptions(options, Defaults(), "residual_knn_helper_options");
}

DenseMatrixView CheckedPoints(const double* points, int64_t n, int64_t d, int32_t layout) {
  residual_knn::RequireAtLeast(n, 1, "n");
  residual_knn::RequireAtLeast(d, 1, "d");
  return residual_knn::CheckedMatrix(points, n, d, layout, "points");
}

// Writes inducing points in the caller's units and layout.
class InducingWriter {
 public:
  InducingWriter(double* out, int64_t m, const DenseMatrixView& points)
      : out_(out), m_(m), points_(points) {}

  void WriteRows(const std::vector<int64_t>& rows) const {
    for (int64_t i = 0; i < m_; ++i) {
      for (int64_t c = 0; c < points_.columns; ++c) At(i, c) = points_(rows[i], c);
    }
  }

  void WriteCenters(const std::vector<double>& centers, std::span<const double> lengthscales,
                    std::span<const double> origin) const {
    for (int64_t i = 0; i < m_; ++i) {
      for (int64_t c = 0; c < points_.columns; ++c) {
        At(i, c) = origin[c] +
                   centers[i * points_.columns + c] * residual_knn::LengthscaleOf(lengthscales, c);
      }
    }
  }

 private:
  [[nodiscard]] double& At(int64_t i, int64_t c) const {
    return out_[points_.dimension_major ? c * m_ + i : i * points_.columns + c];
  }

  double* out_;
  int64_t m_;
  const DenseMatrixView& points_;
};

}  // namespace

void residual_knn_helper_options_init(residual_knn_helper_options* options, size_t size) {
  residual_knn::InitializeStruct(Defaults(), options, size);
}

residual_knn_status residual_knn_choose_inducing(const double* points, int64_t n, int64_t d,
                                                 const double* lengthscales,
                                                 int64_t num_lengthscales, int32_t method,
                                                 int64_t m,
                                                 const residual_knn_helper_options* options,
                                                 double* inducing) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const residual_knn_helper_options o = ReadHelperOptions(options);
    const DenseMatrixView matrix = CheckedPoints(points, n, d, o.layout);
    const auto scales = residual_knn::CheckedLengthscales(lengthscales, num_lengthscales, d);
    residual_knn::RequireEnum(method, 2, "method", "residual_knn_inducing_method");
    residual_knn::RequireAtLeast(m, 0, "m");
    if (m > n) {
      residual_knn::ThrowInvalid("m is " + std::to_string(m) +
                                 ", must be at most n = " + std::to_string(n));
    }
    residual_knn::CheckedSize(m, d, "m x d");
    residual_knn::RequireAtLeast(o.max_iterations, 0, "max_iterations");
    const int threads = residual_knn::CheckedThreads(o.threads);
    if (m > 0) residual_knn::RequirePointer(inducing, "inducing");
    Monitor monitor(o.progress, o.progress_user);
    const std::vector<double> origin = residual_knn::OriginOf(matrix, monitor);
    const ScaledPoints scaled(matrix, scales, "points", origin);
    const InducingWriter writer(inducing, m, matrix);
    if (method == RESIDUAL_KNN_RANDOM_ROWS) {
      writer.WriteRows(ChooseRandomRows(scaled, m, o.seed, monitor, matrix));
      return;
    }
    const residual_knn::KMeansResult result =
        ChooseKMeans(scaled, {m, o.max_iterations, o.seed, threads}, monitor, matrix);
    if (result.centers.empty()) {
      writer.WriteRows(result.rows);
    } else {
      writer.WriteCenters(result.centers, scales, origin);
    }
  });
}

residual_knn_status residual_knn_order_points(const double* points, int64_t n, int64_t d,
                                              const double* lengthscales, int64_t num_lengthscales,
                                              int32_t ordering,
                                              const residual_knn_helper_options* options,
                                              int64_t* order) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const residual_knn_helper_options o = ReadHelperOptions(options);
    const DenseMatrixView matrix = CheckedPoints(points, n, d, o.layout);
    const auto scales = residual_knn::CheckedLengthscales(lengthscales, num_lengthscales, d);
    residual_knn::RequireEnum(ordering, 3, "ordering", "residual_knn_ordering");
    residual_knn::CheckedThreads(o.threads);
    residual_knn::RequirePointer(order, "order");
    Monitor monitor(o.progress, o.progress_user);
    const std::vector<double> origin = residual_knn::OriginOf(matrix, monitor);
    const ScaledPoints scaled(matrix, scales, "points", origin);
    std::vector<int64_t> result;
    if (ordering == RESIDUAL_KNN_ORDER_RANDOM) {
      result = residual_knn::RandomOrder(n, o.seed, monitor);
    } else if (ordering == RESIDUAL_KNN_ORDER_MAXIMIN) {
      result = residual_knn::MaximinOrder(scaled, monitor, matrix);
    } else {
      result.resize(static_cast<size_t>(n));
      std::iota(result.begin(), result.end(), int64_t{0});
    }
    std::copy(result.begin(), result.end(), order);
  });
}

residual_knn_status residual_knn_index_order(const residual_knn_index* index,
                                             const residual_knn_helper_options* options,
                                             int64_t* order) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequireUsable(*index);
    const residual_knn_helper_options o = ReadHelperOptions(options);
    const int threads = residual_knn::CheckedThreads(o.threads);
    residual_knn::RequirePointer(order, "order");
    Monitor monitor(o.progress, o.progress_user);
    const std::vector<int64_t> result =
        residual_knn::ResidualMaximinOrder({index->model, *index->prepared, threads, monitor},
                                           residual_knn::ListLengthFor(index->model.n()));
    std::copy(result.begin(), result.end(), order);
  });
}

residual_knn_status residual_knn_index_prepare(const residual_knn_index* index,
                                               const residual_knn_helper_options* options) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequireUsable(*index);
    const residual_knn_helper_options o = ReadHelperOptions(options);
    const int threads = residual_knn::CheckedThreads(o.threads);
    Monitor monitor(o.progress, o.progress_user);
    residual_knn::PrepareSearches(index->model, threads, monitor, *index->prepared);
  });
}
