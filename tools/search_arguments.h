// The arguments of a search of the library, made from the options of a run.
#pragma once

#include <cstdint>
#include <vector>

#include "residual_knn.h"
#include "tools/answer.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/queries.h"
#include "tools/question.h"
#include "tools/row_lists.h"

namespace residual_knn::cli {

class SearchArguments {
 public:
  // `progress` must outlive this object.
  SearchArguments(const NeighborsOptions& options, const Question& question, const Queries& queries,
                  ProgressBar* progress);
  SearchArguments(const SearchArguments&) = delete;
  SearchArguments& operator=(const SearchArguments&) = delete;

  [[nodiscard]] const residual_knn_search_options& search() const { return search_; }

  // An answer with the numbers of queries and of places. No more places than candidates: others would stay empty.
  [[nodiscard]] Answer EmptyAnswer() const;
  // The same with memory for the k nearest neighbors of each query, to which the options of the search then refer.
  Answer RoomForNearest();

 private:
  int64_t queries_;
  int64_t places_;
  bool wants_variances_;  // of picks
  RowLists candidates_;
  std::vector<int64_t> start_;
  residual_knn_search_options search_;
};

}  // namespace residual_knn::cli
