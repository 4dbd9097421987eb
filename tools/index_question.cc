#include "tools/index_question.h"

#include <stdexcept>
#include <utility>

#include "tools/helper_options.h"
#include "tools/lengthscales.h"
#include "tools/library.h"
#include "tools/output_format.h"
#include "tools/point_order.h"

namespace residual_knn::cli {
namespace {

void SettleLengthscales(const Coordinates& points, IndexOptions* options, Messages* messages) {
  if (options->lengthscales.empty()) {
    options->lengthscales = AutomaticLengthscales(points, !options->lonlat.empty());
    messages->Note("lengthscales: " + DescribeLengthscales(options->lengthscales, points));
  }
  CheckLengthscales(options->lengthscales, points);
}

void OrderPoints(const IndexOptions& options, ProgressBar* progress, IndexQuestion* question) {
  const bool needs_index = options.order == kResidualMaximin;
  if (options.order == RESIDUAL_KNN_ORDER_GIVEN || needs_index || !UsesOrder(options)) return;
  progress->StartStage("ordering the points");
  const Coordinates& points = question->points;
  std::vector<int64_t> order(static_cast<size_t>(points.n));
  const residual_knn_helper_options helper = HelperOptions(options, progress);
  CheckStatus(residual_knn_order_points(points.values.data(), points.n, points.d(),
                                        options.lengthscales.data(),
                                        static_cast<int64_t>(options.lengthscales.size()),
                                        options.order, &helper, order.data()),
              points.path + ": --order");
  TakeOrder(options, std::move(order), question);
}

void CheckInducingFile(const IndexOptions& options, const CoordinateReader& reader) {
  if (options.write_inducing.empty() || reader.ReadsNpyOfCoordinates()) return;
  if (TableFormatOf(options.write_inducing) != OutputFormat::kNpy) return;
  throw std::runtime_error(
      "--write-inducing: " + options.write_inducing +
      ": .npy has no column names, and --inducing-points needs them to recognize "
      "these coordinates; use a name that ends in .csv");
}

}  // namespace

void TakeOrder(const IndexOptions& options, std::vector<int64_t> order, IndexQuestion* question) {
  if (!options.write_order.empty()) question->written_order = order;
  if (!options.is_ordered) return;
  question->positions = InverseOrder(order);
  question->order = std::move(order);
}

void ReadIndexPoints(const IndexOptions& options, CoordinateReader* reader,
                     IndexQuestion* question) {
  question->points = reader->ReadPoints(options.points);
  const Coordinates& points = question->points;
  if (points.n == 0) throw std::runtime_error(points.path + ": has no rows of points");
  if (points.d() == 0) throw std::runtime_error(points.path + ": has no columns");
  CheckInducingFile(options, *reader);
}

void SettleModel(IndexOptions* options, const CoordinateReader& reader, Messages* messages,
                 IndexQuestion* question) {
  const Coordinates& points = question->points;
  if (!options->inducing_points.empty()) {
    question->inducing = ReadInducingPoints(options->inducing_points, reader);
  }
  if (!options->lengthscales.empty()) CheckLengthscales(options->lengthscales, points);
  CheckInducingCount(*options, points);
  messages->Note("coordinates: " + reader.Description());
  SettleLengthscales(points, options, messages);
}

void ChooseInducingAndOrder(const IndexOptions& options, const CoordinateReader& reader,
                            ProgressBar* progress, IndexQuestion* question) {
  progress->StartStage("choosing inducing points");
  if (options.inducing_points.empty()) {
    question->inducing = ChooseInducingPoints(options, question->points, progress);
  }
  question->inducing_columns = reader.WrittenNames();
  OrderPoints(options, progress, question);
}

}  // namespace residual_knn::cli
