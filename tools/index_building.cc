#include "tools/index_building.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/helper_options.h"
#include "tools/partners.h"
#include "tools/point_order.h"

namespace residual_knn::cli {

IndexHandle BuildIndex(const IndexOptions& options, const IndexQuestion& question,
                       const AnswerBytes& answer_bytes, ProgressBar* progress) {
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
  const IndexMemory memory(options,
                           {answer_bytes, FactorBytes(question.points.n, question.inducing.m)});
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

void OrderByIndex(const IndexOptions& options, const AnswerBytes& answer_bytes,
                  ProgressBar* progress, IndexQuestion* question, IndexHandle* index) {
  if (options.order != kResidualMaximin || !UsesOrder(options)) return;
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
  *index = BuildIndex(options, *question, answer_bytes, progress);
}

std::string IndexWarning(const IndexOptions& options, const IndexQuestion& question,
                         const residual_knn_index* index) {
  return InFileRows(residual_knn_index_warning(index), question.order, options.base);
}

}  // namespace residual_knn::cli
