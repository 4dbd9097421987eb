// The matrix product under a search: V of the queries times V of their candidates, cut into tiles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn::bench {

struct TileShape {
  int64_t queries;
  int64_t candidates;
};

// Queries [query_begin, query_end) times candidates [candidate_begin, candidate_end).
struct GemmTile {
  int64_t query_begin;
  int64_t query_end;
  int64_t candidate_begin;
  int64_t candidate_end;

  int64_t Pairs() const { return (query_end - query_begin) * (candidate_end - candidate_begin); }
};

class GemmJob {
 public:
  // `factor` is V, n x m in point-major order; it must outlive the job. `rows` are the queries (empty: every row). With
  // `predecessors`, the candidates of a query are the rows before it, otherwise all n rows.
  GemmJob(std::span<const double> factor, int64_t m, std::vector<int64_t> rows, bool predecessors);

  // Tiles refer to the job's own copy of the V of the queries.
  GemmJob(const GemmJob&) = delete;
  GemmJob& operator=(const GemmJob&) = delete;
  GemmJob(GemmJob&&) = default;
  GemmJob& operator=(GemmJob&&) = default;

  int64_t m() const { return m_; }
  int64_t NumQueries() const { return num_queries_; }

  // Blocks of queries, in ascending order of their rows.
  int64_t NumBlocks(TileShape shape) const {
    return (num_queries_ + shape.queries - 1) / shape.queries;
  }

  // Appends the tiles of one block. For predecessors, a tile omits queries that precede all of its candidates.
  void AppendTiles(TileShape shape, int64_t block, std::vector<GemmTile>* tiles) const;

  // Multiplies a tile by one call of cblas_dgemm; `product` holds at least Pairs() values.
  void Multiply(const GemmTile& tile, double* product) const;

 private:
  // The number of candidates of a query; they are the rows from 0 on.
  int64_t NumCandidates(int64_t query) const;

  std::span<const double> factor_;
  int64_t n_;
  int64_t m_;
  bool predecessors_;
  std::vector<int64_t> rows_;
  int64_t num_queries_;
  // V of the queries, unless the queries are all rows.
  std::vector<double> gathered_;
  const double* query_factor_;
};

}  // namespace residual_knn::bench
