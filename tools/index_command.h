// `residual-knn index`: makes an index and saves it in a file.
#pragma once

#include "tools/saving_options.h"

namespace residual_knn::cli {

// Throws a std::runtime_error with a message for the user if anything fails.
void RunIndex(SavingOptions options);

}  // namespace residual_knn::cli
