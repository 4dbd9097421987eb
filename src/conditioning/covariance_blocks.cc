#include "conditioning/covariance_blocks.h"

#include <algorithm>
#include <vector>

#include "model/row_group.h"

namespace residual_knn {
namespace {

class Worker {
 public:
  Worker(const SetsJob& job, double* blocks)
      : job_(job), blocks_(blocks), set_(job.model, RowGroup::Scale::kCovariance) {}

  void operator()(const QueryWithSet& query, Pace& pace) {
    const auto size = std::ssize(query.rows);
    const int64_t width = job_.sets.k() + 1;
    set_.Load(query.rows);
    triangle_.resize(static_cast<size_t>(RowGroup::TriangleSize(size)));
    set_.Triangle(query.point, triangle_.data());
    pace.Spend(WorkOfPairs(job_.model, size * (size + 1) / 2));
    double* const block = blocks_ + query.slot * width * width;
    std::fill_n(block, width * width, 0.0);
    for (int64_t place = 0; place < width; ++place) block[place * width + place] = 1;
    block[0] = query.residual_variance;
    for (int64_t a = 0; a < size; ++a) {
      const int64_t row = query.places[a] + 1;
      block[row * width + row] = job_.model.residual_variance(query.rows[a]);
    }
    for (int64_t a = 0; a < size; ++a) {
      const int64_t row = a == 0 ? 0 : query.places[a - 1] + 1;
      for (int64_t j = a; j < size; ++j) {
        const int64_t column = query.places[j] + 1;
        block[row * width + column] = triangle_[a * RowGroup::TriangleStride(size) + j];
        block[column * width + row] = block[row * width + column];
      }
    }
  }

 private:
  const SetsJob& job_;
  double* blocks_;
  RowGroup set_;
  std::vector<double> triangle_;
};

}  // namespace

void ComputeCovarianceBlocks(const SetsJob& job, double* blocks) {
  std::vector<Worker> workers = WorkersFor<Worker>(job, blocks);
  ForEachSet(job, workers);
}

}  // namespace residual_knn
