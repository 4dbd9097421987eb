// Tables from CSV text.
#pragma once

#include "tools/byte_source.h"
#include "tools/table.h"

namespace residual_knn {

Table ReadCsvTable(ByteSource& source, const ColumnSelector& select, const CsvFormat& format);

}  // namespace residual_knn
