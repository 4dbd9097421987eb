#include "tools/question.h"

#include <numeric>
#include <stdexcept>
#include <utility>

#include "tools/helper_options.h"
#include "tools/lengthscales.h"
#include "tools/library.h"
#include "tools/output_format.h"
#include "tools/point_order.h"
#include "tools/row_numbers.h"

namespace residual_knn::cli {
namespace {

void SettleLengthscales(const Coordinates& points, NeighborsOptions* options, Messages* messages) {
  if (options->lengthscales.empty()) {
    options->lengthscales = AutomaticLengthscales(points, !options->lonlat.empty());
    messages->Note("lengthscales: " + DescribeLengthscales(options->lengthscales, points));
  }
  CheckLengthscales(options->lengthscales, points);
}

void SettleK(int64_t n, NeighborsOptions* options, Messages* messages) {
  if (options->k <= n) return;
  // There is no warning for the default k.
  if (options->k_given) {
    const std::string points =
        n == 1 ? "there is only 1 point" : "there are only " + std::to_string(n) + " points";
    messages->Warn("k is " + std::to_string(options->k) + ", but " + points +
                   ": k = " + std::to_string(n) + " is used");
  }
  options->k = n;
}

void CheckCandidates(const NeighborsOptions& options) {
  if (options.candidates == kUsualCandidates || options.candidates >= options.k) return;
  throw std::runtime_error("--candidates: " + std::to_string(options.candidates) +
                           " is less than k = " + std::to_string(options.k));
}

void OrderPoints(const NeighborsOptions& options, ProgressBar* progress, Question* question) {
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

void CheckInducingFile(const NeighborsOptions& options, const CoordinateReader& reader) {
  if (options.write_inducing.empty() || reader.ReadsNpyOfCoordinates()) return;
  if (TableFormatOf(options.write_inducing) != OutputFormat::kNpy) return;
  throw std::runtime_error(
      "--write-inducing: " + options.write_inducing +
      ": .npy has no column names, and --inducing-points needs them to recognize "
      "these coordinates; use a name that ends in .csv");
}

// The numbers of the queries among the rows or among the new points.
std::vector<int64_t> QueryNumbers(const NeighborsOptions& options, const Question& question) {
  if (!options.queries.empty()) return question.rows;
  const int64_t count = options.new_points.empty() ? question.points.n : question.new_points.n;
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

}  // namespace

void TakeOrder(const NeighborsOptions& options, std::vector<int64_t> order, Question* question) {
  if (!options.write_order.empty()) question->written_order = order;
  if (!options.predecessors) return;
  question->positions = InverseOrder(order);
  question->order = std::move(order);
}

Question ReadQuestion(NeighborsOptions* options, ProgressBar* progress, Messages* messages) {
  Question question;
  progress->StartStage("reading");
  const CsvFormat csv = CsvFormatOf(options->csv);
  CoordinateReader reader(options->columns, options->lonlat, csv);
  question.points = reader.ReadPoints(options->points);
  const Coordinates& points = question.points;
  if (points.n == 0) throw std::runtime_error(points.path + ": has no rows of points");
  if (points.d() == 0) throw std::runtime_error(points.path + ": has no columns");
  CheckInducingFile(*options, reader);
  const Numbering rows{"row", options->base, points.n};
  if (!options->queries.empty()) question.rows = ReadRowNumbers(options->queries, csv, rows);
  if (!options->groups.empty()) question.groups = ReadGroups(options->groups, csv, rows);
  if (!options->new_points.empty()) question.new_points = reader.ReadMatching(options->new_points);
  const Numbering new_points{"new point", options->base, question.new_points.n};
  const Numbering& queries = options->new_points.empty() ? rows : new_points;
  if (!options->candidate_lists.empty()) {
    question.candidates = ReadRowLists(options->candidate_lists, csv, queries, rows);
  }
  if (!options->start.empty()) {
    question.start =
        ReadNeighborLists(options->start, csv, queries, QueryNumbers(*options, question), rows);
  }
  InducingPoints given;
  if (!options->inducing_points.empty()) {
    given = ReadInducingPoints(options->inducing_points, reader);
  }
  if (!options->lengthscales.empty()) CheckLengthscales(options->lengthscales, points);
  CheckInducingCount(*options, points);
  messages->Note("coordinates: " + reader.Description());
  SettleLengthscales(points, options, messages);
  SettleK(points.n, options, messages);
  CheckCandidates(*options);
  progress->StartStage("choosing inducing points");
  question.inducing =
      options->inducing_points.empty() ? ChooseInducingPoints(*options, points, progress) : given;
  question.inducing_columns = reader.WrittenNames();
  OrderPoints(*options, progress, &question);
  return question;
}

}  // namespace residual_knn::cli
