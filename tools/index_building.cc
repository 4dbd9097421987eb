#include "tools/index_building.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/helper_options.h"
#include "tools/partners.h"
#include "tools/point_order.h"

namespace residual_knn::cli {
namespace {

// Whether the order of the points follows from an index of them.
bool IsOrderedByIndex(const IndexOptions& options) {
  return options.order == kResidualMaximin && UsesOrder(options);
}

// The most that the points take while they are ordered by an index, or while the index of the ordered points is made.
double BytesOfOrder(const IndexOptions& options, const IndexQuestion& question) {
  const Coordinates& points = question.points;
  const bool needs_index = IsOrderedByIndex(options);
  if (question.order.empty() && !needs_index) return 0;
  const double ordered_points = sizeof(double) * static_cast<double>(points.d());
  const auto count = static_cast<double>(points.n);
  if (!needs_index) return count * ordered_points;
  constexpr double kOrdering = 1024;               // see residual_knn_index_order
  constexpr double kOrders = 3 * sizeof(int64_t);  // the order, its inverse, and the written one
  return count * (std::max(kOrdering, ordered_points) + kOrders);
}

}  // namespace

IndexMemory MemoryForIndex(const IndexOptions& options, const IndexQuestion& question,
                           AnswerBytes answer_bytes) {
  RunBytes run{std::move(answer_bytes), FactorBytes(question.points.n, question.inducing.m)};
  run.order = BytesOfOrder(options, question);
  return {options, std::move(run)};
}

IndexHandle BuildIndex(const IndexOptions& options, const IndexQuestion& question,
                       const IndexMemory& memory, ProgressBar* progress) {
  progress->StartStage("building the index");
  const Coordinates& points = question.points;
  const std::vector<double> ordered =
      question.order.empty() ? std::vector<double>{} : InOrder(points.values, question.order);
  residual_knn_model_options model;
  residual_knn_model_options_init(&model, sizeof model);
  model.kernel = options.kernel;
  model.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
  model.variance = options.variance;
  model.nu = options.nu;
  model.alpha = options.alpha;
  model.nugget = options.nugget;
  model.jitter = options.jitter;
  model.max_jitter = options.max_jitter;
  model.threads = static_cast<int32_t>(options.threads);
  model.message_base = options.base;
  model.max_bytes = memory.max_bytes();
  model.progress = progress->callback();
  model.progress_user = progress;
  residual_knn_index* index = nullptr;
  const residual_knn_status status = CreateIndex(
      ordered.empty() ? points.values.data() : ordered.data(), points.n, points.d(),
      options.lengthscales, question.inducing.m > 0 ? question.inducing.values.data() : nullptr,
      question.inducing.m, model, &index);
  const bool inducing_to_blame =
      status == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE && !options.inducing_points.empty();
  memory.CheckStatus(status);
  try {
    CheckStatus(status, inducing_to_blame ? options.inducing_points : points.path);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(InFileRows(error.what(), question.order, options.base));
  }
  return IndexHandle(index);
}

void OrderByIndex(const IndexOptions& options, const IndexMemory& memory, ProgressBar* progress,
                  IndexQuestion* question, IndexHandle* index) {
  if (!IsOrderedByIndex(options)) return;
  progress->StartStage("ordering the points");
  std::vector<int64_t> order(static_cast<size_t>(question->points.n));
  const residual_knn_helper_options helper = HelperOptions(options, progress);
  if (IsFirstProcess()) {
    CheckStatus(residual_knn_index_order(index->get(), &helper, order.data()),
                question->points.path + ": --order");
  }
  ShareOrder(&order);
  TakeOrder(options, std::move(order), question);
  if (question->order.empty()) return;
  index->reset();
  *index = BuildIndex(options, *question, memory, progress);
}

std::string IndexWarning(const IndexOptions& options, const IndexQuestion& question,
                         const residual_knn_index* index) {
  return InFileRows(residual_knn_index_warning(index), question.order, options.base);
}

}  // namespace residual_knn::cli
