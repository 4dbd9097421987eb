// Writes numbers as cells of CSV.
#pragma once

#include <cstddef>

#include "tools/number_text.h"
#include "tools/output_file.h"

namespace residual_knn::cli {

// Writes a number with `write`, such as WriteReal or WriteWhole, and then `end`.
template <typename Number>
void WriteCell(char* (*write)(Number, char*), Number value, char end, OutputFile* file) {
  char* const text = file->Room(kLongestNumber + 1);
  char* at = write(value, text);
  *at++ = end;
  file->Wrote(static_cast<size_t>(at - text));
}

}  // namespace residual_knn::cli
