#include "tools/resume_record.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <locale>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "tools/file_bytes.h"
#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr mode_t kNewFileMode = 0666;  // without the bits of the umask
constexpr std::string_view kFirstLine = "residual-knn resume 2";
constexpr std::string_view kMark = " #";
constexpr size_t kChecksumDigits = 8;

std::string Checksum(std::string_view content) {
  return Hexadecimal(Crc32(content), kChecksumDigits);
}

// The line without its checksum; nothing if that is wrong.
std::optional<std::string> ContentOf(std::string_view line) {
  const size_t end = kMark.size() + kChecksumDigits;
  if (line.size() < end) return std::nullopt;
  const std::string_view content = line.substr(0, line.size() - end);
  if (line.substr(content.size()) != std::string(kMark) + Checksum(content)) return std::nullopt;
  return std::string(content);
}

// The name of the record. The files of the answer are beside it.
std::string RecordName(const std::string& output) { return ResolvedPath(output) + ".resume"; }

}  // namespace

ResumeRecord::ResumeRecord(const std::string& output) : path_(RecordName(output)) {
  Lock();
  try {
    Read();
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

ResumeRecord::~ResumeRecord() {
  // There is nothing to continue.
  if (chunks_.empty()) unlink(path_.c_str());
  close(descriptor_);
}

void ResumeRecord::Lock() {
  while (true) {
    descriptor_ = open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kNewFileMode);
    if (descriptor_ < 0) ThrowSystem(errno);
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int system_error = errno;
      close(descriptor_);
      if (system_error != EWOULDBLOCK) ThrowSystem(system_error);
      throw std::runtime_error(path_ + ": another run with --resume is writing this output");
    }
    // Another run may have finished and removed the file before it was locked here.
    struct stat opened {};
    struct stat named {};
    const bool same = fstat(descriptor_, &opened) == 0 && stat(path_.c_str(), &named) == 0 &&
                      opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
    if (same) return;
    close(descriptor_);
  }
}

std::string ResumeRecord::ReadText() const {
  std::string text;
  std::vector<char> buffer(size_t{1} << 16);
  while (true) {
    const ssize_t count =
        pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) ThrowSystem(errno);
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
  }
}

void ResumeRecord::Read() {
  const std::string text = ReadText();
  const std::string_view start = std::string_view(text).substr(0, kFirstLine.size());
  if (!kFirstLine.starts_with(start)) {
    throw std::runtime_error(path_ +
                             ": is not a record of --resume of this version of the program; move "
                             "it away");
  }
  size_t at = 0;
  while (true) {
    const size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    const std::optional<std::string> content =
        ContentOf(std::string_view(text).substr(at, end - at));
    if (!content) ThrowDamaged();
    if (at > 0) TakeLine(*content);
    at = end + 1;
  }
  valid_bytes_ = static_cast<int64_t>(at);
}

void ResumeRecord::TakeLine(const std::string& content) {
  const size_t space = content.find(' ');
  const std::string word = content.substr(0, space);
  std::istringstream rest(space == std::string::npos ? "" : content.substr(space + 1));
  rest.imbue(std::locale::classic());
  if (word == "fingerprint") {
    NamedFingerprint fingerprint;
    rest >> std::hex >> fingerprint.value >> std::ws;
    std::getline(rest, fingerprint.name);
    fingerprints_.push_back(fingerprint);
  } else if (word == "chunk") {
    ChunkRecord chunk;
    rest >> chunk.end;
    FilePart part;
    while (rest >> std::dec >> part.end >> std::hex >> part.checksum) chunk.parts.push_back(part);
    chunks_.push_back(chunk);
  } else if (word == "complete") {
    complete_ = true;
  } else {
    ThrowDamaged();
  }
}

void ResumeRecord::Begin(const std::vector<NamedFingerprint>& fingerprints) {
  // Without the headers, nothing was written.
  if (chunks_.empty()) {
    Clear();
    Append(std::string(kFirstLine));
    for (const NamedFingerprint& fingerprint : fingerprints) {
      Append("fingerprint " + Hexadecimal(fingerprint.value, 16) + " " + fingerprint.name);
    }
    fingerprints_ = fingerprints;
    return;
  }
  if (fingerprints_.size() != fingerprints.size()) ThrowDamaged();
  std::string others;
  for (size_t i = 0; i < fingerprints.size(); ++i) {
    if (fingerprints_[i].name != fingerprints[i].name) ThrowDamaged();
    if (fingerprints_[i] == fingerprints[i]) continue;
    if (!others.empty()) others += ", ";
    others += fingerprints[i].name;
  }
  if (!others.empty()) {
    throw std::runtime_error(path_ + ": the interrupted run differs from this one in: " + others +
                             ". Repeat that run, or delete this file to begin again");
  }
  if (ftruncate(descriptor_, static_cast<off_t>(valid_bytes_)) != 0) ThrowSystem(errno);
}

void ResumeRecord::Add(const ChunkRecord& chunk) {
  std::string content = "chunk " + std::to_string(chunk.end);
  for (const FilePart& part : chunk.parts) {
    content += ' ';
    content += std::to_string(part.end);
    content += ' ';
    content += Hexadecimal(part.checksum, kChecksumDigits);
  }
  Append(content);
  chunks_.push_back(chunk);
}

void ResumeRecord::SetComplete() {
  Append("complete");
  complete_ = true;
}

void ResumeRecord::Remove() {
  if (unlink(path_.c_str()) != 0) ThrowSystem(errno);
}

void ResumeRecord::Append(const std::string& content) {
  const std::string line = content + std::string(kMark) + Checksum(content) + "\n";
  const int system_error = WriteAt(descriptor_, line, valid_bytes_);
  if (system_error != 0) ThrowSystem(system_error);
  valid_bytes_ += std::ssize(line);
  if (fdatasync(descriptor_) != 0) ThrowSystem(errno);
}

void ResumeRecord::Clear() {
  if (ftruncate(descriptor_, 0) != 0) ThrowSystem(errno);
  valid_bytes_ = 0;
}

void ResumeRecord::ThrowSystem(int system_error) const {
  throw std::runtime_error(path_ +
                           ": cannot be written: " + std::generic_category().message(system_error));
}

void ResumeRecord::ThrowDamaged() const {
  throw std::runtime_error(path_ + ": is damaged; delete it to begin again");
}

}  // namespace residual_knn::cli
