#include "conditioning/set_covariances.h"

#include <vector>

#include "model/row_group.h"

namespace residual_knn {
namespace {

class Worker {
 public:
  Worker(const SetsJob& job, const CovariancesOutput& output)
      : job_(job), output_(output), set_(job.model, RowGroup::Scale::kCovariance) {}

  void operator()(const QueryWithSet& query, Pace& pace) {
    if (!output_.residual_variances.empty()) {
      output_.residual_variances[query.slot] = query.residual_variance;
    }
    if (output_.covariances == nullptr) return;
    const auto size = std::ssize(query.rows);
    values_.resize(static_cast<size_t>(size + RowGroup::kSlack));
    set_.Load(query.rows);
    set_.TriangleRow(query.point, values_.data());
    pace.Spend(WorkOfPairs(job_.model, size));
    for (int64_t a = 0; a < size; ++a) {
      if (query.rows[a] == query.self) values_[a] = query.residual_variance;
    }
    SetValues(output_.covariances, job_, output_.dimension_major).Write(query, values_);
  }

 private:
  const SetsJob& job_;
  const CovariancesOutput& output_;
  RowGroup set_;
  std::vector<double> values_;
};

}  // namespace

void ComputeCovariances(const SetsJob& job, const CovariancesOutput& output) {
  std::vector<Worker> workers = WorkersFor<Worker>(job, output);
  ForEachSet(job, workers);
}

}  // namespace residual_knn
