// Scores queries against points of one leaf, or against a list of rows, and keeps the candidates that may be near.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "descent/query_columns.h"
#include "query/search_statistics.h"
#include "simd/screen.h"
#include "tree/residual_tree.h"

namespace residual_knn {

class LeafScorer {
 public:
  explicit LeafScorer(const ResidualModel& model, const SearchSettings& settings)
      : model_(model), settings_(settings) {}

  // Scores all points of a leaf for the columns, by one matrix product.
  void ScoreLeaf(const ResidualTree& tree, int64_t leaf, QueryColumns& chunk,
                 const Columns& columns, SearchCounts& counters);

  // Scores some points of a leaf, counted from its first, for query q.
  void ScorePoints(const ResidualTree& tree, int64_t leaf, QueryColumns& chunk, int64_t q,
                   std::span<const int32_t> points, SearchCounts& counters);

  // Scores rows that are in no leaf, ascending, for the columns, in double precision.
  void ScoreRows(std::span<const int64_t> rows, QueryColumns& chunk, const Columns& columns,
                 SearchCounts& counters);

 private:
  // Computes the products of the columns with V of the rows, in double precision.
  void MultiplyRows(std::span<const int64_t> rows, FactorRows& factor_rows, const Columns& columns);
  void LoadLeaf(std::span<const int64_t> rows, QueryColumns& chunk);
  // Gets the covariances of queries with rows from the callback.
  void AskBlock(std::span<const int64_t> queries, std::span<const int64_t> rows);
  // Screens all rows, whose products have been computed, for each column.
  void ScreenColumns(ScreenTile& tile, std::span<const int64_t> rows, QueryColumns& chunk,
                     const Columns& columns, bool single, SearchCounts& counters);
  void Gather(std::span<const int64_t> rows);
  // Makes a tile of scattered rows. Covariances come from `view`, or from the callback for `queries`.
  ScreenTile Gathered(std::span<const int64_t> queries, std::span<const int64_t> rows,
                      CovarianceView& view);
  void ScreenInSingle(QueryColumns& chunk, int64_t q, SearchCounts& counters);
  void ScoreCanonically(QueryColumns& chunk, int64_t q, SearchCounts& counters);
  void Screen(const ScreenTile& tile, ScreenQuery& query, std::span<const int64_t> rows,
              QueryColumns& chunk, int64_t q, bool single, SearchCounts& counters);

  const ResidualModel& model_;
  const SearchSettings& settings_;
  AlignedVector products_;
  AlignedFloats products32_;
  AlignedVector v_;
  std::vector<double> covariances_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> positions_;
  int64_t stride_ = 0;
  std::vector<double> coordinates_;
  std::vector<double> inverse_deviations_;
  std::vector<int64_t> found_;
  std::vector<double> scores_;
  std::vector<double> found_covariances_;
};

}  // namespace residual_knn
