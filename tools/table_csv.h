// Tables from CSV text with a header.
#pragma once

#include "tools/byte_source.h"
#include "tools/table.h"

namespace residual_knn {

Table ReadCsvTable(ByteSource& source, const ColumnSelector& select);

}  // namespace residual_knn
