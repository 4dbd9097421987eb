#include "storage/new_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <optional>

#include "storage/file_error.h"

namespace residual_knn {
namespace {

// File systems allow 255 bytes of a name.
constexpr size_t kMostOfName = 200;
constexpr int kMostTries = 1000;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// What the link `path` says; nullopt if it is no link, or cannot be read.
std::optional<std::string> ReadLink(const std::string& path) {
  std::string target(PATH_MAX, 0);
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  target.resize(static_cast<size_t>(size));
  return target;
}

// Links at the end are followed, so that the file that they name is replaced and not the link. The last one may name a file
// that does not exist yet.
std::string WithoutLinks(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the system
  std::string target = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    const std::optional<std::string> next = ReadLink(target);
    if (!next) return target;
    const bool is_absolute = next->front() == '/';
    target =
        is_absolute || target.find('/') == std::string::npos ? *next : FolderOf(target) + *next;
  }
  ThrowFileError(path, "is a link that cannot be followed", ELOOP);
}

int Sync(int file) {
  int result = 0;
  do {
    result = fsync(file);
  } while (result != 0 && errno == EINTR);
  return result;
}

// The permissions of the file that is replaced, if there is one. Devices and folders cannot be replaced.
std::optional<mode_t> ReplacedPermissions(const std::string& path, const std::string& target) {
  constexpr mode_t kPermissions = 0777;
  struct stat status {};
  if (stat(target.c_str(), &status) != 0) return std::nullopt;
  if (S_ISREG(status.st_mode)) return status.st_mode & kPermissions;
  if (S_ISDIR(status.st_mode)) ThrowFileError(path, "cannot be written", EISDIR);
  throw Error(RESIDUAL_KNN_ERROR_FILE,
              DescribePath(path) + " cannot be written: not a regular file");
}

}  // namespace

NewFile::NewFile(const std::string& path) : path_(path), target_(WithoutLinks(path)) {
  const std::optional<mode_t> replaced = ReplacedPermissions(path_, target_);
  constexpr mode_t kOfNewFile = 0666;
  static std::atomic<uint64_t> count{0};
  const std::string folder = FolderOf(target_);
  const size_t slash = target_.rfind('/');
  const std::string name = slash == std::string::npos ? target_ : target_.substr(slash + 1);
  if (name.empty()) ThrowFileError(path_, "cannot be written", EISDIR);
  const std::string stem = (slash == std::string::npos ? "" : folder) +
                           name.substr(0, kMostOfName) + ".tmp-" + std::to_string(getpid()) + "-";
  for (int tries = 0; tries < kMostTries && !file_.is_open(); ++tries) {
    temporary_ = stem + std::to_string(count.fetch_add(1));
    const int number = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                            replaced.value_or(kOfNewFile));
    // Another process with this number may have left a file.
    if (number < 0 && errno != EEXIST && errno != EINTR) break;
    file_.Reset(number);
  }
  if (!file_.is_open()) {
    temporary_.clear();
    ThrowFileError(path_, "cannot be written", errno);
  }
  // Tells others that the file is being written. Some file systems have no locks.
  static_cast<void>(flock(file_.number(), LOCK_EX | LOCK_NB));
  // The umask may have taken away more than the replaced file lacks. Without this call, fewer people can read the file.
  if (replaced) static_cast<void>(fchmod(file_.number(), *replaced));
}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void NewFile::Throw(const char* problem) const { ThrowFileError(path_, problem, errno); }

void NewFile::Reserve(uint64_t bytes) {
  // Some file systems cannot reserve room. Writing finds out there.
  int result = 0;
  do {
    result = fallocate(file_.number(), 0, 0, static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)) {
    Throw("cannot be written");
  }
}

void NewFile::Write(uint64_t offset, const void* bytes, size_t size) {
  // Larger blocks would not be faster, and a signal of the caller can come between two blocks.
  constexpr size_t kMostAtOnce = size_t{8} << 20;
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = pwrite(file_.number(), from, size < kMostAtOnce ? size : kMostAtOnce,
                                   static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) Throw("cannot be written");
    from += written;
    size -= static_cast<size_t>(written);
    offset += static_cast<uint64_t>(written);
    SyncEarly(offset);
  }
}

// A process that a signal ends while Publish waits for a slow disk lives on until all is written. So little is left for
// then.
void NewFile::SyncEarly(uint64_t end) {
  constexpr uint64_t kAtOnce = uint64_t{8} << 20;
  if (end < sync_started_ + kAtOnce) return;
  const auto sync = [this](uint64_t begin, uint64_t until, unsigned flags) {
    const int result = sync_file_range(file_.number(), static_cast<off_t>(begin),
                                       static_cast<off_t>(until - begin), flags);
    // Where this is not possible, Publish does all. An error of the disk is told only once.
    if (result != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT)) {
      Throw("cannot be written to the disk");
    }
  };
  if (sync_started_ > synced_) {
    sync(synced_, sync_started_,
         SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  sync(sync_started_, end, SYNC_FILE_RANGE_WRITE);
  synced_ = sync_started_;
  sync_started_ = end;
}

void NewFile::Publish() {
  if (Sync(file_.number()) != 0) Throw("cannot be written to the disk");
  if (!file_.Close()) Throw("cannot be written");
  if (rename(temporary_.c_str(), target_.c_str()) != 0) Throw("cannot get its name");
  temporary_.clear();
  // The new name, too, must reach the disk. A folder that cannot be read cannot be opened, and some file systems have no
  // folders that can be synced.
  const FileDescriptor folder(open(FolderOf(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open() && Sync(folder.number()) != 0 && errno != EINVAL && errno != ENOTSUP &&
      errno != EROFS && errno != EBADF) {
    Throw("has been written, but its name may not be on the disk");
  }
}

}  // namespace residual_knn
