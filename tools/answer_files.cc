#include "tools/answer_files.h"

#include "tools/partners.h"

namespace residual_knn::cli {

AnswerFiles FilesOf(const NeighborsOptions& options, const QueryRange& range) {
  AnswerFiles files;
  files.output = options.output;
  files.weights = options.weights;
  files.pick_variances = options.pick_variances;
  files.variances = options.variances;
  files.compressed = options.threshold.has_value();
  files.has_header = options.slice.number == 1;
  files.num_queries = range.size();
  files.k = options.k;
  files.base = options.base;
  files.kept = options.resume;
  files.shared = HasPartners() && CanBeShared(files);
  return files;
}

}  // namespace residual_knn::cli
