// Searches the queries of a run, or of its slice, chunk by chunk. The answer of a chunk is written before the next chunk
// is searched, so the answer of all queries need not be in memory. The bytes of the files do not depend on the chunks.
#pragma once

#include <cstdint>

#include "residual_knn.h"
#include "tools/messages.h"
#include "tools/neighbors_options.h"
#include "tools/output_set.h"
#include "tools/progress_bar.h"
#include "tools/question.h"
#include "tools/resume_record.h"
#include "tools/search_report.h"

namespace residual_knn::cli {

// Writes to files of `outputs`, which the caller publishes. With a record, continues after its chunks and adds to it.
SearchReport SearchInChunks(const NeighborsOptions& options, const Question& question,
                            const residual_knn_index* index, ProgressBar* progress,
                            Messages* messages, OutputSet* outputs, ResumeRecord* record);

// Gives the files of an answer that an earlier run completed their names.
void PublishKeptAnswer(const NeighborsOptions& options, const ResumeRecord& record);

}  // namespace residual_knn::cli
