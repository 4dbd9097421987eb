#include "tools/index_saving.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "tools/library.h"
#include "tools/output_file.h"
#include "tools/signal_watch.h"

namespace residual_knn::cli {
namespace {

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The files NAME.tmp-PROCESS-NUMBER, as residual_knn_index_save calls unfinished files.
std::vector<std::string> UnfinishedFiles(const std::string& path) {
  // The library shortens longer names.
  constexpr size_t kMostOfName = 200;
  const std::filesystem::path target = ResolvedPath(path);
  const std::string stem = target.filename().string().substr(0, kMostOfName) + ".tmp-";
  std::error_code ignored;
  std::vector<std::string> found;
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  for (std::filesystem::directory_iterator entry(folder, ignored), end; entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(stem)) continue;
    const std::string_view numbers = std::string_view(name).substr(stem.size());
    const size_t line = std::min(numbers.find('-'), numbers.size());
    const bool is_one = IsNumber(numbers.substr(0, line)) && line < numbers.size() &&
                        IsNumber(numbers.substr(line + 1));
    if (is_one) found.push_back((target.parent_path() / name).string());
  }
  return found;
}

// The library locks a file while it writes it.
bool IsLocked(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return true;
  const bool locked = flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  close(descriptor);
  return locked;
}

void RemoveOwnFiles(const std::string& path) {
  const std::string of_process = ".tmp-" + std::to_string(getpid()) + "-";
  for (const std::string& file : UnfinishedFiles(path)) {
    if (file.find(of_process) != std::string::npos) unlink(file.c_str());
  }
}

}  // namespace

std::vector<std::string> LeftIndexFiles(const std::string& path) {
  std::vector<std::string> left = UnfinishedFiles(path);
  std::erase_if(left, IsLocked);
  std::sort(left.begin(), left.end());
  return left;
}

void SaveIndexFile(const std::string& path, const OutputSet& outputs,
                   const residual_knn_index* index) {
  const SignalWatch watch([&] {
    RemoveOwnFiles(path);
    outputs.RemoveTemporaryNames();
  });
  CheckFileStatus(residual_knn_index_save(index, path.c_str()), path);
}

}  // namespace residual_knn::cli
