#include "mpi/search_call.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "mpi/failure.h"

namespace residual_knn::mpi {

residual_knn_info InfoOf(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index, &info));
  return info;
}

void RequireReadable(const SearchCall& call, const residual_knn_search_options& options) {
  const auto refuse = [](const std::string& text) {
    throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, text);
  };
  if (call.index == nullptr) refuse("index is NULL");
  if (call.k < 1) refuse("k is " + std::to_string(call.k) + ", must be at least 1");
  if (call.num_queries < 0) {
    refuse("num_queries is " + std::to_string(call.num_queries) + ", must be at least 0");
  }
  residual_knn_info info = InfoOf(call.index);
  if (call.new_points == nullptr && call.rows == nullptr && call.num_queries != 0 &&
      call.num_queries != info.n) {
    refuse("rows is NULL and num_queries is " + std::to_string(call.num_queries) +
           ", must be n = " + std::to_string(info.n));
  }
  if (options.start_k < 0) {
    refuse("start_k is " + std::to_string(options.start_k) + ", must be at least 0");
  }
  if (options.start_k > 0 && options.start == nullptr) refuse("start is NULL");
  if (options.sink != nullptr) {
    refuse("sink must be NULL: processes that share a search have the results in arrays");
  }
  if (options.candidate_offsets == nullptr) return;
  if (options.candidate_rows == nullptr) refuse("candidate_rows is NULL");
  for (int64_t i = 0; i <= call.num_queries; ++i) {
    const int64_t least = i == 0 ? 0 : options.candidate_offsets[i - 1];
    const int64_t offset = options.candidate_offsets[i];
    if (offset >= least && (i > 0 || offset == 0)) continue;
    refuse("candidate_offsets[" + std::to_string(i + options.message_base) + "] is " +
           std::to_string(offset) + ", must " +
           (i == 0 ? "be 0" : "not be less than the one before it"));
  }
}

residual_knn_search_options ReadSearchOptions(const residual_knn_search_options* options) {
  residual_knn_search_options read;
  residual_knn_search_options_init(&read, sizeof read);
  constexpr size_t kLargest = 4096;
  if (options == nullptr || options->struct_size < sizeof(size_t) ||
      options->struct_size > kLargest) {
    return read;
  }
  std::memcpy(&read, options, std::min(options->struct_size, sizeof read));
  read.struct_size = sizeof read;
  return read;
}

}  // namespace residual_knn::mpi
