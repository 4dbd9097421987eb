#include "tools/answer_parts.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "parallel/team.h"
#include "tools/point_order.h"

namespace residual_knn::cli {
namespace {

// Copies `places` values of each query to their places in the answer of all.
template <class From, class To>
void Scatter(const std::vector<int64_t>& which, const std::vector<From>& values, int64_t places,
             To* out) {
  for (size_t i = 0; i < which.size(); ++i) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i) * places, places,
                out + which[i] * places);
  }
}

void ScatterOptional(const std::vector<int64_t>& which, const std::vector<double>& values,
                     int64_t places, int64_t num_queries, std::vector<double>* out) {
  if (values.empty()) return;
  out->resize(static_cast<size_t>(num_queries * places));
  Scatter(which, values, places, out->data());
}

// Appends the answer for queries `which`.
void PutAnswer(std::span<const int64_t> which, const Answer& answer, mpi::Bytes* letter) {
  const auto size = static_cast<size_t>(answer.offsets.empty() ? answer.num_queries * answer.places
                                                               : answer.offsets.back());
  mpi::PutOne(answer.places, letter);
  mpi::Put(which, letter);
  mpi::Put(std::span<const int64_t>(answer.neighbors.get(), size), letter);
  mpi::Put(std::span<const double>(answer.distances.get(), size), letter);
  mpi::Put(answer.offsets, letter);
  mpi::Put(answer.weights, letter);
  mpi::Put(answer.pick_variances, letter);
  mpi::Put(answer.variances, letter);
}

// Rows of `width` values.
template <class T>
void CopyRows(std::span<const int64_t> rows, int64_t width, const T* values, T* out) {
  for (const int64_t row : rows) out = std::copy_n(values + row * width, width, out);
}

std::vector<double> SomeRows(std::span<const int64_t> rows, int64_t width,
                             const std::vector<double>& values) {
  std::vector<double> some(values.empty() ? 0 : rows.size() * static_cast<size_t>(width));
  if (!values.empty()) CopyRows(rows, width, values.data(), some.data());
  return some;
}

// The answer for some of its queries.
Answer SomeOf(const Answer& answer, std::span<const int64_t> rows) {
  Answer some;
  some.num_queries = std::ssize(rows);
  some.places = answer.places;
  const auto size = static_cast<size_t>(some.num_queries * some.places);
  some.neighbors = std::make_unique_for_overwrite<int64_t[]>(size);
  some.distances = std::make_unique_for_overwrite<double[]>(size);
  CopyRows(rows, some.places, answer.neighbors.get(), some.neighbors.get());
  CopyRows(rows, some.places, answer.distances.get(), some.distances.get());
  some.weights = SomeRows(rows, some.places, answer.weights);
  some.pick_variances = SomeRows(rows, some.places, answer.pick_variances);
  some.variances = SomeRows(rows, 1, answer.variances);
  return some;
}

// Of which part of `count` things in so many parts a thing is.
int ProcessOf(int64_t thing, int64_t count, int processes) {
  auto process =
      static_cast<int>(static_cast<double>(thing) / static_cast<double>(count) * processes);
  process = std::clamp(process, 0, processes - 1);
  while (thing < BeginOfPart(count, processes, process)) --process;
  while (thing >= BeginOfPart(count, processes, process + 1)) ++process;
  return process;
}

}  // namespace

AnswerLetters::AnswerLetters(const Queries& whole, int processes)
    : queries_(whole.count),
      outputs_(InverseOrder(whole.places)),
      letters_(static_cast<size_t>(processes)) {}

void AnswerLetters::Put(std::span<const int64_t> which, const Answer& answer) {
  if (letters_.size() == 1 && outputs_.empty()) {
    PutAnswer(which, answer, &letters_.front());
    return;
  }
  const auto processes = static_cast<int>(letters_.size());
  std::vector<std::vector<int64_t>> rows(letters_.size());
  std::vector<std::vector<int64_t>> numbers(letters_.size());
  for (size_t i = 0; i < which.size(); ++i) {
    const int64_t output = outputs_.empty() ? which[i] : outputs_[static_cast<size_t>(which[i])];
    const int process = ProcessOf(output, queries_, processes);
    rows[static_cast<size_t>(process)].push_back(static_cast<int64_t>(i));
    numbers[static_cast<size_t>(process)].push_back(output -
                                                    BeginOfPart(queries_, processes, process));
  }
  for (size_t process = 0; process < letters_.size(); ++process) {
    PutAnswer(numbers[process], SomeOf(answer, rows[process]), &letters_[process]);
  }
}

QueryRange PartOf(const QueryRange& range, int processes, int process) {
  return {range.begin + BeginOfPart(range.size(), processes, process),
          range.begin + BeginOfPart(range.size(), processes, process + 1)};
}

AnswerParts::AnswerParts(int64_t num_queries, bool compressed) : compressed_(compressed) {
  answer_.num_queries = num_queries;
  if (compressed) answer_.offsets.assign(static_cast<size_t>(num_queries) + 1, 0);
}

void AnswerParts::Add(mpi::Bytes letter) {
  if (compressed_) {
    letters_.push_back(std::move(letter));
    return;
  }
  mpi::BytesReader reader(letter);
  while (!reader.AtEnd()) AddFixed(&reader);
}

void AnswerParts::AddFixed(mpi::BytesReader* reader) {
  answer_.places = reader->TakeOne<int64_t>();
  const int64_t places = answer_.places;
  const int64_t queries = answer_.num_queries;
  if (answer_.neighbors == nullptr) {
    const auto size = static_cast<size_t>(queries * places);
    answer_.neighbors = std::make_unique_for_overwrite<int64_t[]>(size);
    answer_.distances = std::make_unique_for_overwrite<double[]>(size);
  }
  const auto which = reader->Take<int64_t>();
  Scatter(which, reader->Take<int64_t>(), places, answer_.neighbors.get());
  Scatter(which, reader->Take<double>(), places, answer_.distances.get());
  reader->Take<int64_t>();  // no offsets
  ScatterOptional(which, reader->Take<double>(), places, queries, &answer_.weights);
  ScatterOptional(which, reader->Take<double>(), places, queries, &answer_.pick_variances);
  ScatterOptional(which, reader->Take<double>(), 1, queries, &answer_.variances);
}

Answer AnswerParts::Finish() {
  if (!compressed_) return std::move(answer_);
  struct Lot {
    std::vector<int64_t> which;
    std::vector<int64_t> neighbors;
    std::vector<double> distances;
    std::vector<int64_t> offsets;
  };
  std::vector<Lot> lots;
  for (mpi::Bytes& letter : letters_) {
    for (mpi::BytesReader reader(letter); !reader.AtEnd();) {
      answer_.places = reader.TakeOne<int64_t>();
      Lot& lot = lots.emplace_back();
      lot.which = reader.Take<int64_t>();
      lot.neighbors = reader.Take<int64_t>();
      lot.distances = reader.Take<double>();
      lot.offsets = reader.Take<int64_t>();
      for (int i = 0; i < 3; ++i) reader.Take<double>();
      for (size_t j = 0; j < lot.which.size(); ++j) {
        answer_.offsets[static_cast<size_t>(lot.which[j]) + 1] =
            lot.offsets[j + 1] - lot.offsets[j];
      }
    }
    letter = {};
  }
  std::partial_sum(answer_.offsets.begin(), answer_.offsets.end(), answer_.offsets.begin());
  const auto size = static_cast<size_t>(answer_.offsets.back());
  answer_.neighbors = std::make_unique_for_overwrite<int64_t[]>(size);
  answer_.distances = std::make_unique_for_overwrite<double[]>(size);
  for (const Lot& lot : lots) {
    for (size_t j = 0; j < lot.which.size(); ++j) {
      const int64_t from = lot.offsets[j];
      const int64_t count = lot.offsets[j + 1] - from;
      const int64_t to = answer_.offsets[static_cast<size_t>(lot.which[j])];
      std::copy_n(lot.neighbors.begin() + from, count, answer_.neighbors.get() + to);
      std::copy_n(lot.distances.begin() + from, count, answer_.distances.get() + to);
    }
  }
  return std::move(answer_);
}

}  // namespace residual_knn::cli
