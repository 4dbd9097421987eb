// Tables from .npy files: 2-D arrays, or 1-D arrays as one column.
#pragma once

#include "tools/byte_source.h"
#include "tools/table.h"

namespace residual_knn {

Table ReadNpyTable(ByteSource& source, const ColumnSelector& select);

}  // namespace residual_knn
