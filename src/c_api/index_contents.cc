// What an index was made of: its model, its points and its note.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"

using residual_knn::DenseMatrixView;
using residual_knn::Guard;
using residual_knn::ResidualModel;

namespace {

void RequireCoordinates(const ResidualModel& model) {
  if (model.covariance() != nullptr) return;
  throw residual_knn::Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
                            "index has a covariance callback, so it has no kernel and no points");
}

// Writes a matrix of the caller in its layout. `value` gives its elements.
template <class Value>
void WriteMatrix(int64_t rows, int64_t columns, bool dimension_major, const Value& value,
                 double* out) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t c = 0; c < columns; ++c) {
      out[dimension_major ? c * rows + i : i * columns + c] = value(i, c);
    }
  }
}

}  // namespace

residual_knn_status residual_knn_index_model(const residual_knn_index* index,
                                             residual_knn_model_options* options,
                                             double* lengthscales) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequirePointer(options, "options");
    residual_knn::RequireUsable(*index);
    residual_knn_model_options found{};
    residual_knn_model_options_init(&found, sizeof found);
    found = residual_knn::ReadOptions(options, found, "residual_knn_model_options");
    const ResidualModel& model = index->model;
    RequireCoordinates(model);
    const residual_knn::CovarianceParameters& parameters = model.covariance()->parameters();
    const bool given = model.inducing() == nullptr;
    found.kernel = parameters.kernel;
    found.variance = parameters.variance;
    found.nu = parameters.nu;
    found.alpha = parameters.alpha;
    found.nugget = given ? 0 : model.nugget();
    found.jitter = !given && model.m() > 0 ? model.inducing()->jitter_used() : 0;
    found.max_jitter = 0;
    found.factor_error = given ? model.deficit().share : 0;
    found.factor_storage =
        model.stores_factor() ? RESIDUAL_KNN_FACTOR_STORED : RESIDUAL_KNN_FACTOR_COMPUTED;
    found.max_bytes = index->max_bytes;
    found.message_base = index->message_base;
    residual_knn::WriteRecord(found, options);
    if (lengthscales == nullptr) return;
    for (int64_t c = 0; c < model.d(); ++c) {
      lengthscales[c] = residual_knn::LengthscaleOf(model.scaling().lengthscales, c);
    }
  });
}

residual_knn_status residual_knn_index_points(const residual_knn_index* index, int32_t layout,
                                              double* points, double* inducing) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequireUsable(*index);
    const bool dimension_major = residual_knn::IsDimensionMajor(layout);
    const ResidualModel& model = index->model;
    RequireCoordinates(model);
    const bool given = model.inducing() == nullptr;
    if (given && inducing != nullptr) {
      residual_knn::ThrowInvalid("inducing is not NULL, but index was made from V and p");
    }
    if (inducing != nullptr) {
      WriteMatrix(model.m(), model.d(), dimension_major, model.original_inducing(), inducing);
    }
    if (points == nullptr) return;
    if (!given) {
      WriteMatrix(model.n(), model.d(), dimension_major, model.original_points(), points);
      return;
    }
    const residual_knn::PointScaling& scaling = model.scaling();
    const auto in_units = [&](int64_t i, int64_t c) {
      const double origin = scaling.origin.empty() ? 0 : scaling.origin[static_cast<size_t>(c)];
      return origin + model.points()(i, c) * residual_knn::LengthscaleOf(scaling.lengthscales, c);
    };
    WriteMatrix(model.n(), model.d(), dimension_major, in_units, points);
  });
}

residual_knn_status residual_knn_index_set_note(residual_knn_index* index, const char* note) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    const std::string_view text = note == nullptr ? "" : note;
    const size_t count = residual_knn::CountUtf8Bytes(text);
    if (count < text.size()) {
      residual_knn::ThrowInvalid("note is not UTF-8 after " + std::to_string(count) + " bytes");
    }
    index->note = text;
  });
}

const char* residual_knn_index_note(const residual_knn_index* index) {
  return index == nullptr ? "" : index->note.c_str();
}
