// What the processes of a team do before they share the queries of a search.
#include <algorithm>
#include <memory>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/caller_team.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "c_api/search_options.h"
#include "search/prepare_together.h"
#include "search/same_model.h"

using residual_knn::Guard;
using residual_knn::Monitor;
using residual_knn::QuerySet;

residual_knn_status residual_knn_team_compare_indexes(const residual_knn_index* index,
                                                      const residual_knn_team* team) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::CallerTeam others(*team);
    residual_knn::RequireSameModel(index->model, others);
  });
}

residual_knn_status residual_knn_team_prepare(const residual_knn_index* index,
                                              const residual_knn_team_question* question,
                                              const residual_knn_search_options* options,
                                              const residual_knn_team* team, int32_t* strategy,
                                              int32_t* reason, int64_t* order,
                                              unsigned char* begins) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const auto o = residual_knn::ReadSearchOptions(index, options);
    residual_knn::RequireNoSink(o, "searches by several processes do not use it");
    const residual_knn_team_question& q = *question;
    residual_knn::RequireAtLeast(q.num_queries, 0, "num_queries");
    residual_knn::RequireAtLeast(q.k, 1, "k");
    const auto settings = residual_knn::ReadSettings(o, q.k);
    residual_knn::RequireRankingOf(index->model, settings.ranking);
    Monitor monitor(o.progress, o.progress_user);
    const residual_knn::QueryFrame frame{o.layout, settings.threads, monitor};
    residual_knn::RowSource<int64_t> rows(q.rows, q.num_queries, 0, q.predecessors != 0);
    const residual_knn::NewPointSource points{q.new_points, q.num_queries,
                                              "residual_knn_neighbors_of_new_factor"};
    const std::unique_ptr<QuerySet> queries =
        q.new_points == nullptr ? rows(index->model, frame) : points(index->model, frame);
    residual_knn::CallerTeam others(*team);
    residual_knn::NoResults results;
    const residual_knn::SharedPlan plan = residual_knn::PrepareTogether(
        {index->model, *queries, settings, results, monitor}, *index->prepared, others);
    *strategy = plan.strategy;
    *reason = plan.reason;
    std::copy(plan.order.begin(), plan.order.end(), order);
    std::copy(plan.begins.begin(), plan.begins.end(), begins);
  });
}

void residual_knn_team_set_error(const char* function, const char* message) {
  residual_knn::SetLastError(function, message);
}
