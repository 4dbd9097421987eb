#include "tools/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

namespace residual_knn {
namespace {

constexpr unsigned kZlibBuffer = 1U << 18;
constexpr size_t kLongestRead = size_t{1} << 30;  // gzread takes an unsigned int

std::string SystemMessage(int code) { return std::generic_category().message(code); }

}  // namespace

ByteSource::ByteSource(const std::string& path) : path_(path), is_standard_input_(path == "-") {
  if (is_standard_input_) {
    path_ = "standard input";
    OpenStandardInput();
  } else {
    OpenFile();
  }
  gzbuffer(file_.get(), kZlibBuffer);
}

void ByteSource::OpenStandardInput() {
  const int descriptor = dup(STDIN_FILENO);
  if (descriptor < 0) throw std::runtime_error(path_ + ": cannot be read: " + SystemMessage(errno));
  file_.reset(gzdopen(descriptor, "rb"));
  if (file_) return;
  close(descriptor);
  throw std::bad_alloc();
}

void ByteSource::OpenFile() {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) {
    throw std::runtime_error(path_ + ": cannot be read: " + SystemMessage(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    throw std::runtime_error(path_ + ": cannot be read: " + SystemMessage(EISDIR));
  }
  errno = 0;
  file_.reset(gzopen(path_.c_str(), "rb"));
  if (!file_) {
    throw std::runtime_error(path_ +
                             ": cannot be read: " + SystemMessage(errno == 0 ? ENOMEM : errno));
  }
}

std::string_view ByteSource::Peek() {
  if (ahead_.empty()) {
    std::vector<char> ahead(kPeekBytes);
    ahead.resize(Read(ahead));
    ahead_ = std::move(ahead);
  }
  return {ahead_.data(), ahead_.size()};
}

size_t ByteSource::Read(std::span<char> buffer) {
  size_t filled = std::min(ahead_.size() - ahead_taken_, buffer.size());
  if (filled > 0) {
    std::memcpy(buffer.data(), ahead_.data() + ahead_taken_, filled);
    ahead_taken_ += filled;
  }
  while (filled < buffer.size()) {
    const auto wanted = static_cast<unsigned>(std::min(buffer.size() - filled, kLongestRead));
    const int count = gzread(file_.get(), buffer.data() + filled, wanted);
    if (count < 0) ThrowReadError();
    if (count == 0) {
      // The end of a truncated gzip file is not reported as an error; only the error state shows it.
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
  throw std::runtime_error(path_ + ": the gzip data is damaged or truncated");
}

std::optional<int64_t> ByteSource::MostBytes() const {
  if (is_standard_input_) return std::nullopt;
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  // The compression ratio of deflate is at most 1032.
  constexpr int64_t kBestRatio = 1032;
  return gzdirect(file_.get()) != 0 ? int64_t{status.st_size} : status.st_size * kBestRatio;
}

}  // namespace residual_knn
