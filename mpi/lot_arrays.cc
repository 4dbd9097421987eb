#include "mpi/lot_arrays.h"

#include "c_api/team.h"

namespace residual_knn::mpi {

LotArrays::LotArrays(const SearchCall& call, const residual_knn_search_options& options, int64_t d)
    : call_(call), all_(options), d_(d), lot_(options) {
  lot_.struct_size = sizeof lot_;
  lot_.layout = RESIDUAL_KNN_POINT_MAJOR;
}

void LotArrays::Take(std::span<const int64_t> queries) {
  count_ = std::ssize(queries);
  rows_.clear();
  points_.clear();
  if (call_.new_points == nullptr) {
    for (const int64_t query : queries) {
      rows_.push_back(call_.rows == nullptr ? query : call_.rows[query]);
    }
  } else {
    const bool point_major = all_.layout == RESIDUAL_KNN_POINT_MAJOR;
    for (const int64_t query : queries) {
      for (int64_t c = 0; c < d_; ++c) {
        points_.push_back(
            call_.new_points[point_major ? query * d_ + c : c * call_.num_queries + query]);
      }
    }
  }
  if (all_.candidate_offsets != nullptr) TakeLists(queries);
  if (all_.start_k > 0) TakeStart(queries);
}

void LotArrays::TakeLists(std::span<const int64_t> queries) {
  offsets_.assign(1, 0);
  candidates_.clear();
  for (const int64_t query : queries) {
    candidates_.insert(candidates_.end(), all_.candidate_rows + all_.candidate_offsets[query],
                       all_.candidate_rows + all_.candidate_offsets[query + 1]);
    offsets_.push_back(std::ssize(candidates_));
  }
  // An empty list of rows must not be NULL.
  candidates_.push_back(0);
  lot_.candidate_offsets = offsets_.data();
  lot_.candidate_rows = candidates_.data();
}

void LotArrays::TakeStart(std::span<const int64_t> queries) {
  const bool point_major = all_.layout == RESIDUAL_KNN_POINT_MAJOR;
  start_.clear();
  for (const int64_t query : queries) {
    for (int64_t i = 0; i < all_.start_k; ++i) {
      start_.push_back(
          all_.start[point_major ? query * all_.start_k + i : i * call_.num_queries + query]);
    }
  }
  lot_.start = start_.data();
}

residual_knn_status LotArrays::Search(int64_t* neighbors, double* distances,
                                      residual_knn_statistics* statistics,
                                      unsigned char* left) const {
  const bool are_rows = call_.new_points == nullptr;
  const residual_knn_team_question part{are_rows ? rows_.data() : nullptr,
                                        are_rows ? nullptr : points_.data(), count_,
                                        static_cast<int32_t>(call_.predecessors ? 1 : 0), call_.k};
  return residual_knn_team_search(call_.index, &part, &lot_, neighbors, distances, statistics,
                                  left);
}

}  // namespace residual_knn::mpi
