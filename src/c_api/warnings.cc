// Warnings about answers and indexes that are correct, but probably not what the caller wanted.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "model/model_warning.h"
#include "search/search_warning.h"

namespace {

constexpr size_t kRoom = 2048;

// Stores the result of `text` in `room`. If `text` fails, `room` is "" and there is a last error.
template <class Text>
const char* Keep(const char* function, char* room, const Text& text) noexcept {
  room[0] = '\0';
  residual_knn::Guard(function, [&] { std::snprintf(room, kRoom, "%s", text().c_str()); });
  return room;
}

// Copies the caller's struct as far as its struct_size reaches.
residual_knn_statistics ReadStatistics(const residual_knn_statistics* statistics) {
  residual_knn::RequirePointer(statistics, "statistics");
  residual_knn_statistics known{};
  residual_knn::CheckStructSize(statistics->struct_size, "residual_knn_statistics");
  std::memcpy(&known, statistics, std::min(statistics->struct_size, sizeof known));
  return known;
}

}  // namespace

const char* residual_knn_search_warning(const residual_knn_index* index,
                                        const residual_knn_statistics* statistics) {
  thread_local char room[kRoom];
  return Keep(__func__, room, [&] {
    residual_knn::RequirePointer(index, "index");
    const residual_knn_statistics s = ReadStatistics(statistics);
    const residual_knn::ResidualModel& model = index->model;
    residual_knn::DoubtfulAnswer answer;
    answer.queries = s.queries;
    answer.uninformative = s.uninformative_queries;
    // A query that is a row has at most n - 1 candidates.
    answer.new_points = s.pairs > s.queries * (model.n() - 1);
    answer.nearest_lengthscales = s.nearest_lengthscales;
    if (s.coarse_queries > 0 && model.covariance() != nullptr) {
      answer.coarse = {s.coarse_queries, s.coarse_query, s.coarse_coordinate, s.coarse_value,
                       s.coarse_lengthscale};
    }
    return WarningAbout(model, answer);
  });
}

const char* residual_knn_index_warning(const residual_knn_index* index) {
  thread_local char room[kRoom];
  return Keep(__func__, room, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequireUsable(*index);
    return WarningAbout(index->model, index->message_base);
  });
}
