#include "tools/question.h"

#include <numeric>
#include <stdexcept>
#include <utility>

#include "tools/number_text.h"
#include "tools/row_numbers.h"

namespace residual_knn::cli {
namespace {

void SettleK(int64_t n, NeighborsOptions* options, Messages* messages) {
  if (options->k <= n) return;
  // There is no warning for the default k.
  if (options->k_given) {
    const std::string points = Counted(n, "point", "points");
    messages->Warn("k is " + std::to_string(options->k) + ", but there " + (n == 1 ? "is" : "are") +
                   " only " + points + ": k = " + std::to_string(n) + " is used");
  }
  options->k = n;
}

void CheckCandidates(const NeighborsOptions& options) {
  if (options.candidates == kUsualCandidates || options.candidates >= options.k) return;
  throw std::runtime_error("--candidates: " + std::to_string(options.candidates) +
                           " is less than k = " + std::to_string(options.k));
}

// The numbers of the queries among the rows or among the new points.
std::vector<int64_t> QueryNumbers(const NeighborsOptions& options, const Question& question) {
  if (!options.queries.empty()) return question.rows;
  const int64_t count = options.new_points.empty() ? question.points.n : question.new_points.n;
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

// Reads the queries, and what belongs to them.
void ReadQueries(const NeighborsOptions& options, const CoordinateReader& reader,
                 const CsvFormat& csv, Question* question) {
  const Numbering rows{"row", options.base, question->points.n};
  if (!options.queries.empty()) question->rows = ReadRowNumbers(options.queries, csv, rows);
  if (!options.groups.empty()) question->groups = ReadGroups(options.groups, csv, rows);
  if (!options.new_points.empty()) question->new_points = reader.ReadMatching(options.new_points);
  const Numbering new_points{"new point", options.base, question->new_points.n};
  const Numbering& queries = options.new_points.empty() ? rows : new_points;
  if (!options.candidate_lists.empty()) {
    question->candidates = ReadRowLists(options.candidate_lists, csv, queries, rows);
  }
  if (!options.start.empty()) {
    question->start =
        ReadNeighborLists(options.start, csv, queries, QueryNumbers(options, *question), rows);
  }
}

}  // namespace

Question ReadQuestion(NeighborsOptions* options, ProgressBar* progress, Messages* messages) {
  Question question;
  progress->StartStage("reading");
  const CsvFormat csv = CsvFormatOf(options->csv);
  CoordinateReader reader(options->columns, options->lonlat, csv);
  ReadIndexPoints(*options, &reader, &question);
  ReadQueries(*options, reader, csv, &question);
  SettleModel(options, reader, messages, &question);
  SettleK(question.points.n, options, messages);
  CheckCandidates(*options);
  ChooseInducingAndOrder(*options, reader, progress, &question);
  return question;
}

Question ReadQuestionOfIndex(IndexFileContents contents, NeighborsOptions* options,
                             ProgressBar* progress, Messages* messages) {
  progress->StartStage("reading");
  if (contents.has_given_factor && !options->new_points.empty()) {
    throw std::runtime_error(
        "--new-points: " + options->index +
        " was made of V and p that another program gave, so V and p of new points must be given "
        "too, which this program cannot do. Search with that program (R, Julia, Python and C can "
        "do it), or make an index with inducing points by 'residual-knn index'");
  }
  TakeModel(contents, options);
  Question question;
  static_cast<IndexQuestion&>(question) = std::move(contents.question);
  const CsvFormat csv = CsvFormatOf(options->csv);
  const CoordinateReader reader(std::move(contents.columns), csv);
  question.points.names = reader.CoordinateNames();
  messages->Note("index: " + options->index + ", " + Counted(question.points.n, "point", "points") +
                 ", coordinates " + reader.Description());
  ReadQueries(*options, reader, csv, &question);
  SettleK(question.points.n, options, messages);
  CheckCandidates(*options);
  return question;
}

}  // namespace residual_knn::cli
