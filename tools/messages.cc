#include "tools/messages.h"

#include <unistd.h>

namespace residual_knn::cli {

void WriteMessageLine(std::string_view text) {
  std::string line = "residual-knn: ";
  for (const char c : text) {
    line += static_cast<unsigned char>(c) < 0x20 || c == '\x7f' ? ' ' : c;
  }
  line += '\n';
  // A failure is ignored: without standard error, it cannot be reported.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

void Messages::Note(std::string_view text) {
  if (quiet_) return;
  progress_->Pause();
  WriteMessageLine(text);
}

void Messages::Warn(std::string_view text) {
  if (!text.empty()) Note("warning: " + std::string(text));
}

}  // namespace residual_knn::cli
