#include "support/api_objects.h"

#include <numeric>
#include <stdexcept>

#include "support/collector.h"
#include "support/float_text.h"

namespace residual_knn_test {
namespace {

// The content of outputs before a call.
constexpr int64_t kPoisonRow = -7777;
constexpr int32_t kPoisonRow32 = -7777;
constexpr double kPoisonDistance = -7777.5;
constexpr int64_t kGuard = 4;

const double* DataOrNull(const std::vector<double>& values) {
  return values.empty() ? nullptr : values.data();
}

struct Call {
  const residual_knn_index* index;
  const Question& question;
  const Manner& manner;
  const residual_knn_search_options* options;
  double* distances;
  residual_knn_statistics* statistics;

  [[nodiscard]] residual_knn_status Run(int64_t* neighbors) const;
  [[nodiscard]] residual_knn_status Run32(int32_t* neighbors) const;

 private:
  [[nodiscard]] std::vector<double> LaidOutQueries() const {
    return ToLayout(question.queries.values, question.queries.n, question.queries.d, manner.layout);
  }
  [[nodiscard]] std::vector<double> LaidOutFactor() const {
    return ToLayout(question.query_factor.v, question.queries.n, question.query_factor.m,
                    manner.layout);
  }
};

residual_knn_status Call::Run(int64_t* neighbors) const {
  const int64_t count = question.count();
  const int64_t* rows = question.all_rows ? nullptr : question.rows.data();
  switch (question.kind) {
    case QueryKind::kNeighbors:
      return residual_knn_neighbors(index, rows, count, options, question.k, neighbors, distances,
                                    statistics);
    case QueryKind::kPredecessors:
      return residual_knn_predecessors(index, rows, count, options, question.k, neighbors,
                                       distances, statistics);
    case QueryKind::kNewPoints: {
      const std::vector<double> queries = LaidOutQueries();
      return residual_knn_neighbors_of_new_points(index, queries.data(), count, options, question.k,
                                                  neighbors, distances, statistics);
    }
    case QueryKind::kNewFactor: {
      const std::vector<double> queries = LaidOutQueries();
      const std::vector<double> factor = LaidOutFactor();
      return residual_knn_neighbors_of_new_factor(
          index, DataOrNull(factor), question.query_factor.p.data(),
          question.callback_index ? nullptr : queries.data(), count, options, question.k, neighbors,
          distances, statistics);
    }
  }
  return RESIDUAL_KNN_ERROR_INTERNAL;
}

residual_knn_status Call::Run32(int32_t* neighbors) const {
  const int64_t count = question.count();
  std::vector<int32_t> shifted;
  for (const int64_t row : question.rows)
    shifted.push_back(static_cast<int32_t>(row) + manner.base);
  const int32_t* rows = question.all_rows ? nullptr : shifted.data();
  switch (question.kind) {
    case QueryKind::kNeighbors:
      return residual_knn_neighbors_int32(index, rows, count, options, question.k, manner.base,
                                          manner.missing, neighbors, distances, statistics);
    case QueryKind::kPredecessors:
      return residual_knn_predecessors_int32(index, rows, count, options, question.k, manner.base,
                                             manner.missing, neighbors, distances, statistics);
    case QueryKind::kNewPoints: {
      const std::vector<double> queries = LaidOutQueries();
      return residual_knn_neighbors_of_new_points_int32(index, queries.data(), count, options,
                                                        question.k, manner.base, manner.missing,
                                                        neighbors, distances, statistics);
    }
    case QueryKind::kNewFactor: {
      const std::vector<double> queries = LaidOutQueries();
      const std::vector<double> factor = LaidOutFactor();
      return residual_knn_neighbors_of_new_factor_int32(
          index, DataOrNull(factor), question.query_factor.p.data(),
          question.callback_index ? nullptr : queries.data(), count, options, question.k,
          manner.base, manner.missing, neighbors, distances, statistics);
    }
  }
  return RESIDUAL_KNN_ERROR_INTERNAL;
}

// Checks and removes the guard values after the output.
template <class T>
bool TakeGuard(std::vector<T>& values, T poison) {
  bool overrun = false;
  for (int64_t i = 0; i < kGuard; ++i) {
    overrun |= values.back() != poison;
    values.pop_back();
  }
  return overrun;
}

}  // namespace

residual_knn_model_options ModelOptions() {
  residual_knn_model_options options;
  residual_knn_model_options_init(&options, sizeof options);
  return options;
}

residual_knn_model_options ModelOptions(const Model& model, int32_t layout, int32_t threads) {
  residual_knn_model_options options = ModelOptions();
  options.kernel = model.kernel.family;
  options.layout = layout;
  options.variance = model.kernel.variance;
  options.nu = model.kernel.nu;
  options.alpha = model.kernel.alpha;
  options.nugget = model.nugget;
  options.jitter = model.jitter;
  options.factor_storage = model.factor_storage;
  options.max_bytes = model.max_bytes;
  options.threads = threads;
  return options;
}

residual_knn_search_options SearchOptions() {
  residual_knn_search_options options;
  residual_knn_search_options_init(&options, sizeof options);
  return options;
}

residual_knn_helper_options HelperOptions() {
  residual_knn_helper_options options;
  residual_knn_helper_options_init(&options, sizeof options);
  return options;
}

CreatedIndex CreateIndex(const Model& model, int32_t layout, int32_t threads) {
  const residual_knn_model_options options = ModelOptions(model, layout, threads);
  const std::vector<double> points =
      ToLayout(model.points.values, model.points.n, model.points.d, layout);
  const std::vector<double> inducing =
      ToLayout(model.inducing.values, model.inducing.n, model.points.d, layout);
  const auto num_lengthscales = static_cast<int64_t>(model.kernel.lengthscales.size());
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = residual_knn_index_create(
      points.data(), model.points.n, model.points.d, model.kernel.lengthscales.data(),
      num_lengthscales, DataOrNull(inducing), model.inducing.n, &options, &index);
  created.index.reset(index);
  return created;
}

CreatedIndex CreateIndexFromFactor(const Model& model, const FactorCopy& factor, int32_t layout,
                                   int32_t threads) {
  residual_knn_model_options options = ModelOptions(model, layout, threads);
  options.factor_storage = RESIDUAL_KNN_FACTOR_STORED;
  const std::vector<double> points =
      ToLayout(model.points.values, model.points.n, model.points.d, layout);
  const std::vector<double> v = ToLayout(factor.v, model.points.n, factor.m, layout);
  const auto num_lengthscales = static_cast<int64_t>(model.kernel.lengthscales.size());
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = residual_knn_index_create_from_factor(
      DataOrNull(v), factor.m, factor.p.data(), points.data(), model.points.n, model.points.d,
      model.kernel.lengthscales.data(), num_lengthscales, &options, &index);
  created.index.reset(index);
  return created;
}

CreatedIndex CreateIndexFromCallback(const FactorCopy& factor, CheckedCallback& callback,
                                     const residual_knn_model_options* options) {
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = residual_knn_index_create_from_callback(
      DataOrNull(factor.v), std::ssize(factor.p), factor.m, factor.p.data(),
      CheckedCallback::Evaluate, &callback, options, &index);
  created.index.reset(index);
  return created;
}

int64_t NumberInErrorAfter(const std::string& words) {
  const std::string error = residual_knn_last_error();
  const size_t at = error.find(words);
  if (at == std::string::npos) throw std::runtime_error("no '" + words + "' in: " + error);
  return std::stoll(error.substr(at + words.size()));
}

residual_knn_info InfoOf(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  if (residual_knn_index_info(index, &info) != RESIDUAL_KNN_OK) info.n = -1;
  return info;
}

FactorCopy FactorOf(const residual_knn_index* index, int32_t layout) {
  const residual_knn_info info = InfoOf(index);
  FactorCopy copy;
  copy.m = info.m;
  std::vector<double> v(info.n * info.m + kGuard, kPoisonDistance);
  copy.p.assign(info.n + kGuard, kPoisonDistance);
  const residual_knn_status status =
      residual_knn_index_factor(index, layout, v.data(), copy.p.data());
  const bool overrun_v = TakeGuard(v, kPoisonDistance);
  const bool overrun_p = TakeGuard(copy.p, kPoisonDistance);
  if (status != RESIDUAL_KNN_OK || overrun_v || overrun_p) return {};
  copy.v = FromLayout(v, info.n, info.m, layout);
  return copy;
}

bool FactorCopy::SameAs(const FactorCopy& other) const {
  return !p.empty() && m == other.m && SameBits(v, other.v) && SameBits(p, other.p);
}

FactorCopy FactorCopy::Part(int64_t first, int64_t count) const {
  return {m,
          {v.begin() + first * m, v.begin() + (first + count) * m},
          {p.begin() + first, p.begin() + first + count}};
}

Question AllRows(QueryKind kind, int64_t n, int32_t k) {
  Question question;
  question.kind = kind;
  question.k = k;
  question.all_rows = true;
  question.rows.resize(static_cast<size_t>(n));
  std::iota(question.rows.begin(), question.rows.end(), int64_t{0});
  return question;
}

Question EveryRow(QueryKind kind, int64_t n, int64_t step, int32_t k) {
  Question question;
  question.kind = kind;
  question.k = k;
  for (int64_t row = 0; row < n; row += step) question.rows.push_back(row);
  return question;
}

bool Answer::SameAs(const Answer& other) const {
  return status == other.status && !overrun && !other.overrun && k == other.k &&
         neighbors == other.neighbors && SameBits(distances, other.distances) &&
         SameBits(variances, other.variances);
}

std::vector<int32_t> Narrow(const std::vector<int64_t>& rows, int32_t base, int32_t missing) {
  std::vector<int32_t> narrow;
  for (const int64_t row : rows) {
    narrow.push_back(row < 0 ? missing : static_cast<int32_t>(row + base));
  }
  return narrow;
}

std::vector<int64_t> Widen(const std::vector<int32_t>& rows, int32_t base, int32_t missing) {
  std::vector<int64_t> wide;
  for (const int32_t row : rows) wide.push_back(row == missing ? -1 : int64_t{row} - base);
  return wide;
}

residual_knn_search_options SearchOptions(const Manner& manner) {
  residual_knn_search_options options = SearchOptions();
  options.layout = manner.layout;
  options.ranking = manner.ranking;
  options.strategy = manner.strategy;
  options.threads = manner.threads;
  options.tile_queries = manner.tile_queries;
  options.tile_candidates = manner.tile_candidates;
  options.progress = manner.progress;
  options.progress_user = manner.progress_user;
  options.selection = manner.selection;
  options.residual_candidates = manner.residual_candidates;
  options.scaled_candidates = manner.scaled_candidates;
  return options;
}

namespace {

// The options of a search, with the lists to which they refer.
struct OptionsWithLists {
  OptionsWithLists(const Question& question, const Manner& manner)
      : options(SearchOptions(manner)) {
    if (manner.lists != nullptr) {
      options.candidate_offsets = manner.lists->offsets.data();
      options.candidate_rows = manner.lists->rows.data();
      if (manner.int32_rows) {
        narrow_candidates = Narrow(manner.lists->rows, manner.base, manner.missing);
        options.candidate_rows = nullptr;
        options.candidate_rows_int32 = narrow_candidates.data();
      }
    }
    if (manner.start != nullptr) {
      start = ToLayout(manner.start->rows, question.count(), manner.start->k, manner.layout);
      options.start_k = manner.start->k;
      if (manner.int32_rows) {
        narrow_start = Narrow(start, manner.base, manner.missing);
        options.start_int32 = narrow_start.data();
      } else {
        options.start = start.data();
      }
    }
  }
  OptionsWithLists(const OptionsWithLists&) = delete;
  OptionsWithLists& operator=(const OptionsWithLists&) = delete;

  residual_knn_search_options options;

 private:
  std::vector<int32_t> narrow_candidates;
  std::vector<int64_t> start;
  std::vector<int32_t> narrow_start;
};

}  // namespace

Answer Ask(const residual_knn_index* index, const Question& question, const Manner& manner) {
  OptionsWithLists with_lists(question, manner);
  residual_knn_search_options& options = with_lists.options;
  Answer answer;
  answer.queries = question.count();
  answer.k = question.k;
  const bool conditional = manner.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  std::vector<double> variances(answer.queries * question.k + kGuard, kPoisonDistance);
  if (conditional) options.conditional_variances = variances.data();
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  const int64_t size = answer.queries * question.k;
  std::vector<double> distances(size + kGuard, kPoisonDistance);
  std::vector<int64_t> neighbors;
  const Call call{index, question, manner, &options, distances.data(), &answer.statistics};
  if (manner.int32_rows) {
    std::vector<int32_t> narrow(size + kGuard, kPoisonRow32);
    answer.status = call.Run32(narrow.data());
    answer.overrun |= TakeGuard(narrow, kPoisonRow32);
    neighbors = Widen(narrow, manner.base, manner.missing);
  } else {
    neighbors.assign(size + kGuard, kPoisonRow);
    answer.status = call.Run(neighbors.data());
    answer.overrun |= TakeGuard(neighbors, kPoisonRow);
  }
  answer.overrun |= TakeGuard(distances, kPoisonDistance);
  answer.neighbors = FromLayout(neighbors, answer.queries, question.k, manner.layout);
  answer.distances = FromLayout(distances, answer.queries, question.k, manner.layout);
  answer.overrun |= TakeGuard(variances, kPoisonDistance);
  if (conditional) {
    answer.variances = FromLayout(variances, answer.queries, question.k, manner.layout);
  }
  return answer;
}

SinkAnswer AskSink(const residual_knn_index* index, const Question& question, const Manner& manner,
                   const SinkManner& sink) {
  OptionsWithLists with_lists(question, manner);
  Collector collector({question.count(), question.k, sink.sink_queries, sink.sink_order, manner});
  collector.SetOptions(with_lists.options);
  collector.CancelAt(sink.cancel_at);
  collector.Do(sink.act);
  SinkAnswer got;
  residual_knn_statistics statistics;
  residual_knn_statistics_init(&statistics, sizeof statistics);
  const Call call{index, question, manner, &with_lists.options, nullptr, &statistics};
  const residual_knn_status status = manner.int32_rows ? call.Run32(nullptr) : call.Run(nullptr);
  got.answer = collector.answer();
  got.answer.status = status;
  got.answer.statistics = statistics;
  got.deliveries = collector.deliveries();
  got.got = collector.got();
  got.problem = status == RESIDUAL_KNN_OK ? collector.ProblemOfWhole() : collector.problem();
  return got;
}

Question Part(const Question& question, int64_t first, int64_t count) {
  Question part = question;
  part.all_rows = false;
  if (!question.rows.empty()) {
    part.rows.assign(question.rows.begin() + first, question.rows.begin() + first + count);
  }
  const int64_t d = question.queries.d;
  if (!question.queries.values.empty()) {
    const auto begin = question.queries.values.begin();
    part.queries.values.assign(begin + first * d, begin + (first + count) * d);
    part.queries.n = count;
  }
  if (!question.query_factor.p.empty()) {
    part.query_factor = question.query_factor.Part(first, count);
  }
  return part;
}

}  // namespace residual_knn_test
