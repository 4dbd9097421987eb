// The note of a saved index: which columns its coordinates were, and the order of its points. docs/index-format.md
// describes its lines, which the packages for R, Julia and Python write and read too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/coordinates.h"

namespace residual_knn::cli {

struct IndexNote {
  SettledColumns columns;
  // The row of the file of each point of the index; empty: the points have the order of the file.
  std::vector<int64_t> order;
};

std::string NoteText(const IndexNote& note);

// Reads the note of an index of n points with d coordinates. Without a note, or with one that is not of this form, the
// columns are called 0, 1, ..., as in .npy. Throws a std::runtime_error if a note does not fit the points.
IndexNote ParseNote(std::string_view text, int64_t n, int64_t d);

}  // namespace residual_knn::cli
