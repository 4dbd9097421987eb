#include "tools/queries.h"

#include <algorithm>
#include <numeric>

#include "tools/point_order.h"

namespace residual_knn::cli {
namespace {

void TakeNewPoints(const Coordinates& points, Queries* queries) {
  queries->are_new_points = true;
  queries->path = points.path;
  queries->new_points = points.PointMajor(queries->range.begin, queries->range.end);
}

// The members of groups, and where those of each group begin.
void TakeGroups(const FileGroups& groups, Queries* queries) {
  const auto first = groups.offsets.begin() + queries->range.begin;
  queries->group_offsets.assign(first, first + queries->count + 1);
  queries->rows.assign(groups.rows.begin() + *first,
                       groups.rows.begin() + queries->group_offsets.back());
  const int64_t start = *first;
  for (int64_t& offset : queries->group_offsets) offset -= start;
}

// Some of all rows, in the order of the index, which suits the search better than that of the file.
void TakeRows(const Question& question, Queries* queries) {
  if (queries->count == question.points.n) {
    queries->are_all_rows = true;
    queries->places = question.positions;
    return;
  }
  queries->rows.resize(static_cast<size_t>(queries->count));
  std::iota(queries->rows.begin(), queries->rows.end(), queries->range.begin);
  if (question.positions.empty()) return;
  for (int64_t& row : queries->rows) row = At(question.positions, row);
  std::vector<int64_t> sequence(queries->rows.size());
  std::iota(sequence.begin(), sequence.end(), int64_t{0});
  std::sort(sequence.begin(), sequence.end(),
            [&](int64_t a, int64_t b) { return At(queries->rows, a) < At(queries->rows, b); });
  queries->places = InverseOrder(sequence);
  std::sort(queries->rows.begin(), queries->rows.end());
}

}  // namespace

int64_t CountQueries(const NeighborsOptions& options, const Question& question) {
  if (!options.new_points.empty()) return question.new_points.n;
  if (!options.groups.empty()) return question.groups.size();
  if (!options.queries.empty()) return std::ssize(question.rows);
  return question.points.n;
}

Queries QueriesIn(const QueryRange& range, const NeighborsOptions& options,
                  const Question& question) {
  Queries queries;
  queries.range = range;
  queries.count = range.size();
  queries.path = question.points.path;
  if (!options.new_points.empty()) {
    TakeNewPoints(question.new_points, &queries);
  } else if (!options.groups.empty()) {
    TakeGroups(question.groups, &queries);
    for (int64_t& row : queries.rows) row = At(question.positions, row);
  } else if (!options.queries.empty()) {
    queries.rows.assign(question.rows.begin() + range.begin, question.rows.begin() + range.end);
    for (int64_t& row : queries.rows) row = At(question.positions, row);
  } else {
    TakeRows(question, &queries);
  }
  return queries;
}

std::vector<int64_t> NumbersOf(const Queries& queries, const NeighborsOptions& options,
                               const Question& question) {
  if (!queries.numbers.empty()) return queries.numbers;
  if (!options.queries.empty()) {
    const auto first = question.rows.begin() + queries.range.begin;
    return {first, first + queries.count};
  }
  std::vector<int64_t> numbers(static_cast<size_t>(queries.count));
  std::iota(numbers.begin(), numbers.end(), queries.range.begin);
  // New points have no place in the order of the index.
  if (queries.are_new_points || question.order.empty()) return numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int64_t row = queries.are_all_rows ? static_cast<int64_t>(i) : queries.rows[i];
    numbers[i] = At(question.order, row);
  }
  return numbers;
}

}  // namespace residual_knn::cli
