#include "gemm_job.h"

#include <cblas.h>

#include <algorithm>
#include <utility>

namespace residual_knn::bench {

GemmJob::GemmJob(std::span<const double> factor, int64_t m, std::vector<int64_t> rows,
                 bool predecessors)
    : factor_(factor),
      n_(static_cast<int64_t>(factor.size()) / m),
      m_(m),
      predecessors_(predecessors),
      rows_(std::move(rows)),
      num_queries_(rows_.empty() ? n_ : static_cast<int64_t>(rows_.size())),
      query_factor_(factor.data()) {
  if (rows_.empty()) return;
  std::sort(rows_.begin(), rows_.end());
  gathered_.reserve(static_cast<size_t>(num_queries_ * m_));
  for (const int64_t row : rows_) {
    const auto values = factor_.begin() + row * m_;
    gathered_.insert(gathered_.end(), values, values + m_);
  }
  query_factor_ = gathered_.data();
}

int64_t GemmJob::NumCandidates(int64_t query) const {
  if (!predecessors_) return n_;
  return rows_.empty() ? query : rows_[query];
}

void GemmJob::AppendTiles(TileShape shape, int64_t block, std::vector<GemmTile>* tiles) const {
  const int64_t end = std::min(num_queries_, (block + 1) * shape.queries);
  // Ascending rows: the last query of the block has the most candidates.
  const int64_t num_candidates = NumCandidates(end - 1);
  int64_t begin = block * shape.queries;
  for (int64_t candidate = 0; candidate < num_candidates; candidate += shape.candidates) {
    while (NumCandidates(begin) <= candidate) ++begin;
    tiles->push_back(
        {begin, end, candidate, std::min(num_candidates, candidate + shape.candidates)});
  }
}

void GemmJob::Multiply(const GemmTile& tile, double* product) const {
  const blasint queries = static_cast<blasint>(tile.query_end - tile.query_begin);
  const blasint candidates = static_cast<blasint>(tile.candidate_end - tile.candidate_begin);
  const blasint m = static_cast<blasint>(m_);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, queries, candidates, m, 1.0,
              query_factor_ + tile.query_begin * m_, m, factor_.data() + tile.candidate_begin * m_,
              m, 0.0, product, candidates);
}

}  // namespace residual_knn::bench
