// The entry points of searches for the neighbors that groups of rows share.
#include <chrono>
#include <vector>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/group_arguments.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "c_api/result_arrays.h"
#include "c_api/search_options.h"
#include "c_api/set_arguments.h"
#include "conditioning/group_sets.h"

using residual_knn::ArraySink;
using residual_knn::GroupArrays;
using residual_knn::GroupRequest;
using residual_knn::Guard;
using residual_knn::Monitor;
using residual_knn::Neighbor;
using residual_knn::Numbering;
using residual_knn::ResidualModel;
using residual_knn::RowGroups;
using residual_knn::SearchSettings;
using residual_knn::SearchStatistics;

namespace {

// The arguments that all entry points have in common.
template <class Row>
struct Request {
  const residual_knn_index* index;
  GroupArrays<Row> groups;
  bool predecessors;
  const residual_knn_search_options* options;
  int32_t k;
  Numbering<Row> numbering;
  Row* neighbors;
  double* distances;
  residual_knn_statistics* statistics;
};

GroupRequest ReadRequest(const residual_knn_search_options& options, const ResidualModel& model,
                         int64_t k) {
  residual_knn::RequireEnum(options.selection, RESIDUAL_KNN_SELECT_CONDITIONAL + 1, "selection",
                            "residual_knn_selection");
  residual_knn::RequireNoLists(options, "searches for groups do not use it");
  if (options.selection != RESIDUAL_KNN_SELECT_CONDITIONAL) {
    residual_knn::RequireNoSelection(
        options, "searches for groups use it only with RESIDUAL_KNN_SELECT_CONDITIONAL");
    return {};
  }
  residual_knn::RequireAbsolute(options);
  return {residual_knn::Selection::kConditional, residual_knn::CheckedCounts(options, model, k)};
}

template <class Row>
residual_knn_status FindGroups(const char* function, const Request<Row>& request) {
  return Guard(function, residual_knn::MessageBaseOf(request.options), [&] {
    const auto start = std::chrono::steady_clock::now();
    const auto options = residual_knn::ReadSearchOptions(request.index, request.options);
    const ResidualModel& model = request.index->model;
    residual_knn::RequireNumbering(request.numbering, model.n());
    const RowGroups groups = residual_knn::GroupReader<Row>(request.groups, model.n()).Read();
    residual_knn::CheckedPlaces(groups.size(), request.k, request.neighbors);
    residual_knn::CheckStatistics(request.statistics);
    const bool dimension_major = residual_knn::IsDimensionMajor(options.layout);
    const SearchSettings settings = residual_knn::ReadSettings(options, request.k);
    residual_knn::RequireCorrelation(settings.ranking,
                                     "the neighbors of groups are found by correlation");
    const GroupRequest selection = ReadRequest(options, model, request.k);
    Monitor monitor(options.progress, options.progress_user);
    std::vector<std::vector<Neighbor>> found;
    const SearchStatistics done =
        SelectGroupSets({model, groups, request.predecessors, settings, monitor}, selection,
                        *request.index->prepared, found);
    ArraySink<Row> sink({request.neighbors, request.distances, groups.size(), request.k,
                         dimension_major, request.numbering.base, request.numbering.missing});
    for (int64_t group = 0; group < groups.size(); ++group) sink.Put(group, found[group]);
    residual_knn::WriteStatistics(done, {start, groups.size(), options.message_base},
                                  request.statistics);
  });
}

}  // namespace

residual_knn_status residual_knn_group_neighbors(const residual_knn_index* index,
                                                 const int64_t* group_offsets, int64_t num_groups,
                                                 const int64_t* group_rows,
                                                 const residual_knn_search_options* options,
                                                 int32_t k, int64_t* neighbors, double* distances,
                                                 residual_knn_statistics* statistics) {
  return FindGroups<int64_t>(__func__, {index,
                                        {group_offsets, num_groups, group_rows, 0},
                                        false,
                                        options,
                                        k,
                                        {},
                                        neighbors,
                                        distances,
                                        statistics});
}

residual_knn_status residual_knn_group_predecessors(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int64_t* group_rows, const residual_knn_search_options* options, int32_t k,
    int64_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindGroups<int64_t>(__func__, {index,
                                        {group_offsets, num_groups, group_rows, 0},
                                        true,
                                        options,
                                        k,
                                        {},
                                        neighbors,
                                        distances,
                                        statistics});
}

residual_knn_status residual_knn_group_neighbors_int32(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int32_t* group_rows, const residual_knn_search_options* options, int32_t k, int32_t base,
    int32_t missing, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindGroups<int32_t>(__func__, {index,
                                        {group_offsets, num_groups, group_rows, base},
                                        false,
                                        options,
                                        k,
                                        {base, missing},
                                        neighbors,
                                        distances,
                                        statistics});
}

residual_knn_status residual_knn_group_predecessors_int32(
    const residual_knn_index* index, const int64_t* group_offsets, int64_t num_groups,
    const int32_t* group_rows, const residual_knn_search_options* options, int32_t k, int32_t base,
    int32_t missing, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindGroups<int32_t>(__func__, {index,
                                        {group_offsets, num_groups, group_rows, base},
                                        true,
                                        options,
                                        k,
                                        {base, missing},
                                        neighbors,
                                        distances,
                                        statistics});
}
