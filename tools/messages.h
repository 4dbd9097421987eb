// Messages on standard error besides the progress bar. Each message is one line.
#pragma once

#include <string>
#include <string_view>

#include "tools/progress_bar.h"

namespace residual_knn::cli {

// Writes "residual-knn: <text>", without control characters.
void WriteMessageLine(std::string_view text);

// Notes and warnings of a run. --quiet turns them off.
class Messages {
 public:
  Messages(bool quiet, ProgressBar* progress) : quiet_(quiet), progress_(progress) {}

  // A note about the use of the input.
  void Note(std::string_view text);

  // Writes "warning: <text>"; nothing if the text is empty.
  void Warn(std::string_view text);

 private:
  bool quiet_;
  ProgressBar* progress_;
};

}  // namespace residual_knn::cli
