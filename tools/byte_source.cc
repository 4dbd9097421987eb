#include "tools/byte_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace residual_knn {
namespace {

constexpr unsigned kZlibBuffer = 1U << 18;
constexpr size_t kLongestRead = size_t{1} << 30;  // gzread counts in unsigned int

std::string SystemMessage(int code) { return std::generic_category().message(code); }

}  // namespace

ByteSource::ByteSource(const std::string& path) : path_(path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    throw std::runtime_error(path + ": cannot be read: " + SystemMessage(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    throw std::runtime_error(path + ": cannot be read: " + SystemMessage(EISDIR));
  }
  errno = 0;
  file_.reset(gzopen(path.c_str(), "rb"));
  if (!file_) {
    throw std::runtime_error(path +
                             ": cannot be read: " + SystemMessage(errno == 0 ? ENOMEM : errno));
  }
  gzbuffer(file_.get(), kZlibBuffer);
}

bool ByteSource::StartsWith(std::string_view prefix) {
  if (ahead_.empty()) {
    std::vector<char> ahead(64);
    ahead.resize(Read(ahead));
    ahead_ = std::move(ahead);
  }
  return std::string_view(ahead_.data(), ahead_.size()).starts_with(prefix);
}

size_t ByteSource::Read(std::span<char> buffer) {
  size_t filled = std::min(ahead_.size(), buffer.size());
  if (filled > 0) {
    std::memcpy(buffer.data(), ahead_.data(), filled);
    ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(filled));
  }
  while (filled < buffer.size()) {
    const auto wanted = static_cast<unsigned>(std::min(buffer.size() - filled, kLongestRead));
    const int count = gzread(file_.get(), buffer.data() + filled, wanted);
    if (count < 0) ThrowReadError();
    if (count == 0) {
      // A gzip file that is cut off ends quietly; only the error state tells.
      int code = Z_OK;
      gzerror(file_.get(), &code);
      if (code != Z_OK) ThrowReadError();
      break;
    }
    filled += static_cast<size_t>(count);
  }
  return filled;
}

void ByteSource::ThrowReadError() const {
  const int system_error = errno;
  int code = Z_OK;
  gzerror(file_.get(), &code);
  if (code == Z_ERRNO) {
    throw std::runtime_error(path_ + ": cannot be read: " + SystemMessage(system_error));
  }
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  throw std::runtime_error(path_ + ": the gzip data is damaged or cut off");
}

std::optional<int64_t> ByteSource::MostBytes() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  // Deflate cannot do better than 1032 : 1.
  constexpr int64_t kBestRatio = 1032;
  return gzdirect(file_.get()) != 0 ? int64_t{status.st_size} : status.st_size * kBestRatio;
}

}  // namespace residual_knn
