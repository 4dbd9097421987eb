#include "tools/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tools/file_bytes.h"

namespace residual_knn::cli {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr mode_t kNewFileMode = 0666;  // without the bits of the umask

std::string FolderOf(const std::string& target) {
  const std::string folder = std::filesystem::path(target).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A name in the folder of the target that is most likely not in use.
std::string TemporaryName(const std::string& target) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::array<unsigned char, 10> draws{};
  if (getentropy(draws.data(), draws.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "no random letters for a file name");
  }
  // File systems allow 255 bytes of a name.
  constexpr size_t kMostOfName = 200;
  std::string name = ".";
  name += std::filesystem::path(target).filename().string().substr(0, kMostOfName);
  name += '.';
  for (const unsigned char draw : draws) name += kLetters[draw % kLetters.size()];
  return (std::filesystem::path(FolderOf(target)) / name).string();
}

constexpr std::string_view kKeptEnding = ".resume-part";

std::string KeptName(const std::string& target) { return target + std::string(kKeptEnding); }

bool IsStandardOutput(const std::string& path) { return path == "-" || path == "/dev/stdout"; }

std::string ProcessPath(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

}  // namespace

std::string ResolvedPath(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path resolved = std::filesystem::canonical(path, ignored);
  return ignored ? path : resolved.string();
}

std::string KeptPath(const std::string& path) { return KeptName(ResolvedPath(path)); }

bool IsKeptName(const std::string& path) { return path.ends_with(kKeptEnding); }

bool IsStaged(const std::string& path) {
  if (IsStandardOutput(path)) return false;
  struct stat status {};
  return stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

OutputFile::OutputFile(std::string path, Staging staging, Packing packing)
    : path_(std::move(path)), buffer_(kBufferBytes) {
  if (packing == Packing::kGzip) encoder_ = std::make_unique<GzipEncoder>();
  if (IsStandardOutput(path_)) {
    path_ = "standard output";
    descriptor_ = STDOUT_FILENO;
    return;
  }
  target_ = ResolvedPath(path_);
  struct stat status {};
  const bool exists = stat(target_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) ThrowWriteError(EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor_ < 0) ThrowWriteError(errno);
    owns_descriptor_ = true;
    return;
  }
  // Renaming over a file needs only a writable folder. This check keeps a read-only file from being replaced.
  if (exists && faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) ThrowWriteError(errno);
  OpenStaged(staging);
  if (exists && fchmod(descriptor_, status.st_mode & 07777) != 0) {
    const int system_error = errno;
    Close();
    ThrowWriteError(system_error);
  }
}

OutputFile::OutputFile(std::string path, const FilePlace& place, int64_t skipped)
    : path_(std::move(path)), owns_descriptor_(true), is_piece_(true), buffer_(kBufferBytes) {
  descriptor_ = open(place.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor_ < 0) ThrowWriteError(errno);
  uint64_t mark = 0;
  const bool same =
      pread(descriptor_, &mark, sizeof mark, place.end) == sizeof mark && mark == place.mark;
  part_.end = place.end + skipped;
  if (!same || lseek(descriptor_, part_.end, SEEK_SET) < 0) {
    Close();
    ThrowWriteError(ESTALE);
  }
}

void OutputFile::OpenStaged(Staging staging) {
  staged_ = true;
  owns_descriptor_ = true;
  if (staging == Staging::kKept) {
    is_kept_ = true;
    temporary_path_ = KeptName(target_);
    descriptor_ =
        open(temporary_path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kNewFileMode);
    if (descriptor_ < 0) ThrowWriteError(errno);
    return;
  }
  if (staging == Staging::kAutomatic) {
    descriptor_ = open(FolderOf(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kNewFileMode);
    // Without /proc, the file could not get a name later.
    if (descriptor_ >= 0 && access(ProcessPath(descriptor_).c_str(), F_OK) == 0) return;
    if (descriptor_ >= 0) close(descriptor_);
  }
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string name = TemporaryName(target_);
    descriptor_ = open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kNewFileMode);
    if (descriptor_ >= 0) {
      temporary_path_ = name;
      return;
    }
    if (errno != EEXIST) break;
  }
  ThrowWriteError(errno);
}

OutputFile::~OutputFile() { Close(); }

void OutputFile::Close() {
  RemoveTemporaryName();
  temporary_path_.clear();
  if (owns_descriptor_ && descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

void OutputFile::RemoveTemporaryName() const {
  if (HasTemporaryName()) unlink(temporary_path_.c_str());
}

void OutputFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (filled_ == buffer_.size()) Flush();
    const size_t count = std::min(bytes.size(), buffer_.size() - filled_);
    std::memcpy(buffer_.data() + filled_, bytes.data(), count);
    filled_ += count;
    bytes.remove_prefix(count);
  }
}

char* OutputFile::Room(size_t size) {
  if (buffer_.size() - filled_ < size) Flush();
  return buffer_.data() + filled_;
}

void OutputFile::WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) ThrowWriteError(errno);
    if (count <= 0) continue;
    if (is_kept_ || is_piece_) AddToPart(bytes.substr(0, static_cast<size_t>(count)));
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void OutputFile::AddToPart(std::string_view bytes) {
  part_.end += static_cast<int64_t>(bytes.size());
  part_.checksum = Crc32(bytes, part_.checksum);
}

void OutputFile::Continue(std::span<const FilePart> parts) {
  constexpr int64_t kUnchecked = 1;  // parts at the start
  std::vector<char> bytes(kBufferBytes);
  part_ = {};
  for (size_t i = 0; i < parts.size(); ++i) {
    uint32_t checksum = 0;
    while (part_.end < parts[i].end) {
      const size_t count = std::min(bytes.size(), static_cast<size_t>(parts[i].end - part_.end));
      const ssize_t found = pread(descriptor_, bytes.data(), count, part_.end);
      if (found < 0 && errno != EINTR) ThrowWriteError(errno);
      if (found == 0) ThrowNotContinued();
      if (found < 0) continue;
      checksum = Crc32({bytes.data(), static_cast<size_t>(found)}, checksum);
      part_.end += found;
    }
    if (i >= kUnchecked && checksum != parts[i].checksum) ThrowNotContinued();
  }
  if (ftruncate(descriptor_, part_.end) != 0) ThrowWriteError(errno);
  if (lseek(descriptor_, part_.end, SEEK_SET) < 0) ThrowWriteError(errno);
}

FilePart OutputFile::Sync() {
  Flush();
  if (fdatasync(descriptor_) != 0) ThrowWriteError(errno);
  const FilePart part = part_;
  part_.checksum = 0;
  return part;
}

FilePlace OutputFile::Place() {
  Flush();
  FilePlace place;
  place.path = std::filesystem::absolute(temporary_path_).string();
  place.end = lseek(descriptor_, 0, SEEK_CUR);
  if (place.end < 0 || getentropy(&place.mark, sizeof place.mark) != 0) ThrowWriteError(errno);
  const std::string_view mark(reinterpret_cast<const char*>(&place.mark), sizeof place.mark);
  const int system_error = WriteAt(descriptor_, mark, place.end);
  if (system_error != 0) ThrowWriteError(system_error);
  if (fdatasync(descriptor_) != 0) ThrowWriteError(errno);
  return place;
}

void OutputFile::Skip(const FilePart& part) {
  const off_t begin = lseek(descriptor_, 0, SEEK_CUR);
  if (begin < 0 || lseek(descriptor_, part.end, SEEK_SET) < 0) ThrowWriteError(errno);
  if (!is_kept_) return;
  part_.checksum = JoinedCrc32(part_.checksum, part.checksum, part.end - begin);
  part_.end = part.end;
}

void OutputFile::PublishKept(const std::string& path, int64_t size) {
  const std::string target = ResolvedPath(path);
  if (rename(KeptName(target).c_str(), target.c_str()) == 0) return;
  const int system_error = errno;
  struct stat status {};
  const bool done =
      system_error == ENOENT && stat(target.c_str(), &status) == 0 && status.st_size == size;
  if (done) return;
  throw std::runtime_error(path +
                           ": cannot be written: " + std::generic_category().message(system_error));
}

void OutputFile::Flush() {
  const std::string_view bytes(buffer_.data(), filled_);
  if (encoder_) {
    encoder_->Encode(bytes, [this](std::string_view zipped) { WriteAll(zipped); });
  } else {
    WriteAll(bytes);
  }
  filled_ = 0;
  if (hold_ != nullptr && SignalHold::SignalWaits()) {
    throw std::runtime_error(path_ +
                             ": cannot be written: " + std::generic_category().message(EINTR));
  }
}

void OutputFile::Rewrite(std::string_view start) {
  Flush();
  const int system_error = WriteAt(descriptor_, start, 0);
  if (system_error != 0) ThrowWriteError(system_error);
}

void OutputFile::Finish() {
  Flush();
  if (encoder_) encoder_->Finish([this](std::string_view zipped) { WriteAll(zipped); });
  if (staged_) {
    // Some file systems report a full disk only at this point.
    if (fsync(descriptor_) != 0) ThrowWriteError(errno);
  } else if (owns_descriptor_) {
    const int failed = close(descriptor_);
    descriptor_ = -1;
    if (failed != 0) ThrowWriteError(errno);
  }
}

void OutputFile::Publish() {
  if (!staged_) return;
  while (temporary_path_.empty()) {
    const std::string name = TemporaryName(target_);
    if (linkat(AT_FDCWD, ProcessPath(descriptor_).c_str(), AT_FDCWD, name.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
      temporary_path_ = name;
    } else if (errno != EEXIST) {
      ThrowWriteError(errno);
    }
  }
  if (rename(temporary_path_.c_str(), target_.c_str()) != 0) ThrowWriteError(errno);
  temporary_path_.clear();
}

void OutputFile::ThrowNotContinued() const {
  throw std::runtime_error(temporary_path_ +
                           ": is not what the interrupted run has written; delete it and the file "
                           "that ends in .resume to begin again");
}

void OutputFile::ThrowWriteError(int system_error) const {
  throw std::runtime_error(path_ +
                           ": cannot be written: " + std::generic_category().message(system_error));
}

}  // namespace residual_knn::cli
