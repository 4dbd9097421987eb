// What decides the bytes of the answer of a run, for --resume.
#pragma once

#include <vector>

#include "tools/neighbors_options.h"
#include "tools/question.h"
#include "tools/resume_record.h"

namespace residual_knn::cli {

// Strategy, threads and start lists are not among it, because the answer does not depend on them.
std::vector<NamedFingerprint> FingerprintsOf(const NeighborsOptions& options,
                                             const Question& question);

}  // namespace residual_knn::cli
