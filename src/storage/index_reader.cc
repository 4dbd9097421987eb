#include "storage/index_reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"
#include "simd/target.h"
#include "storage/checksum.h"
#include "storage/file_error.h"

namespace residual_knn {
namespace {

// Bytes between two looks at the monitor.
constexpr size_t kAtOnce = size_t{1} << 20;
// The checksums of larger sections of ManyNumbers are not tested unless asked for.
constexpr uint64_t kMostTested = uint64_t{1} << 20;
// Sizes of the file and of parts of it stay far below the largest int64_t.
constexpr uint64_t kMostBytes = uint64_t{1} << 60;

template <size_t kSize>
std::string TextOf(const std::array<char, kSize>& text) {
  return {text.data(), strnlen(text.data(), kSize)};
}

// The mapping of a file.
class Mapping {
 public:
  Mapping(void* address, size_t size) : address_(address), size_(size) {}
  ~Mapping() { munmap(address_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] const void* address() const { return address_; }

 private:
  void* address_;
  size_t size_;
};

std::shared_ptr<const void> MapWhole(const std::string& path, int file, size_t size) {
  void* const address = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  if (address == MAP_FAILED) {
    if (errno == ENOMEM) {
      throw Error(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY,
                  DescribePath(path) + " cannot be mapped into memory: the process may not take " +
                      std::to_string(size) + " bytes of addresses (ulimit -v)");
    }
    ThrowFileError(path, "cannot be mapped into memory", errno);
  }
  std::shared_ptr<Mapping> mapping;
  try {
    mapping = std::make_shared<Mapping>(address, size);
  } catch (...) {
    munmap(address, size);
    throw;
  }
  return {mapping, mapping->address()};
}

int Open(const std::string& path) {
  int file = 0;
  do {
    // A pipe without a writer must not wait.
    file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (file < 0 && errno == EINTR);
  if (file < 0) ThrowFileError(path, "cannot be opened", errno);
  return file;
}

}  // namespace

int64_t CountOf(int64_t a, int64_t b, int64_t c) {
  int64_t product = 0;
  if (a < 0 || b < 0 || c < 0 || __builtin_mul_overflow(a, b, &product) ||
      __builtin_mul_overflow(product, c, &product)) {
    return std::numeric_limits<int64_t>::max();
  }
  return product;
}

IndexFile::IndexFile(const std::string& path, ReadingMode mode, Monitor& monitor)
    : path_(path), mode_(mode), monitor_(monitor), file_(Open(path)) {
  struct stat status {};
  if (fstat(file_.number(), &status) != 0) ThrowFileError(path_, "cannot be read", errno);
  if (S_ISDIR(status.st_mode)) ThrowFileError(path_, "cannot be read", EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error(RESIDUAL_KNN_ERROR_FILE, DescribePath(path_) + " is not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
  monitor_.Start(std::max<int64_t>(status.st_size, 1));
  FileHead head{};
  ReadHead(head);
  if (mode_.mapped) mapping_ = MapWhole(path_, file_.number(), static_cast<size_t>(size_));
  ReadTable(head);
}

void IndexFile::ThrowCorrupt(const std::string& problem) const {
  throw Error(RESIDUAL_KNN_ERROR_CORRUPT, DescribePath(path_) + " is a damaged index: " + problem);
}

void IndexFile::ReadAt(uint64_t offset, void* out, size_t size) const {
  char* to = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t got = pread(file_.number(), to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) ThrowFileError(path_, "cannot be read", errno);
    if (got == 0) ThrowCorrupt("it has become shorter while it was read");
    to += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
}

void IndexFile::ReadHead(FileHead& head) const {
  const auto not_an_index = [this](const char* why) {
    throw Error(RESIDUAL_KNN_ERROR_NOT_AN_INDEX,
                DescribePath(path_) + " is not a saved index: " + why);
  };
  if (size_ == 0) not_an_index("it is empty");
  const size_t present = static_cast<size_t>(std::min<uint64_t>(size_, sizeof head));
  ReadAt(0, &head, present);
  const size_t magic = std::min(present, kFileMagic.size());
  if (std::memcmp(head.magic.data(), kFileMagic.data(), magic) != 0) {
    not_an_index("it does not begin as one");
  }
  if (present < sizeof head) {
    ThrowCorrupt("it ends after " + std::to_string(size_) + " bytes");
  }
  if (head.byte_order == kOtherByteOrder) {
    throw Error(RESIDUAL_KNN_ERROR_OTHER_TARGET,
                DescribePath(path_) + " was written in the other byte order, big-endian");
  }
  if (head.byte_order != kByteOrder ||
      head.head_checksum != ChecksumOf(&head, offsetof(FileHead, head_checksum))) {
    ThrowCorrupt("the checksum of its header is wrong");
  }
  if (head.least_reader > kFormatVersion) {
    throw Error(RESIDUAL_KNN_ERROR_TOO_NEW,
                DescribePath(path_) + " needs a library that reads version " +
                    std::to_string(head.least_reader) + " of the format; this one, " +
                    residual_knn_version() + ", reads version " + std::to_string(kFormatVersion));
  }
  if (head.file_bytes != size_) {
    ThrowCorrupt("it has " + std::to_string(size_) + " bytes instead of " +
                 std::to_string(head.file_bytes));
  }
}

void IndexFile::ReadTable(const FileHead& head) {
  FileOrigin origin{};
  constexpr uint64_t kFixed = sizeof head + sizeof origin;
  if (size_ > kMostBytes || size_ < kFixed ||
      head.sections > (size_ - kFixed) / sizeof(SectionEntry)) {
    ThrowCorrupt("it has no room for its table");
  }
  std::vector<SectionEntry> entries(static_cast<size_t>(head.sections));
  const size_t table_bytes = entries.size() * sizeof(SectionEntry);
  ReadAt(sizeof head, &origin, sizeof origin);
  ReadAt(kFixed, entries.data(), table_bytes);
  Checksum checksum;
  checksum.Add(&origin, sizeof origin);
  checksum.Add(entries.data(), table_bytes);
  if (checksum.value() != head.table_checksum) ThrowCorrupt("the checksum of its table is wrong");
  const std::string target = TextOf(origin.target);
  if (!HasBitsOfSimdTarget(target)) {
    throw Error(RESIDUAL_KNN_ERROR_OTHER_TARGET,
                DescribePath(path_) + " was written with the SIMD target " + target +
                    ", and this library uses " + SimdTargetName() +
                    ", whose numbers differ in the last bits: use it on a machine with " + target +
                    ", or create the index again");
  }
  uint64_t end = kFixed + table_bytes;
  for (const SectionEntry& entry : entries) {
    if (entry.offset != end || entry.bytes > size_ - end) {
      ThrowCorrupt("a section is not inside the file");
    }
    const uint64_t after = end + entry.bytes;
    end = WholeUnits(after);
    if (end > size_) ThrowCorrupt("a section is not inside the file");
    RequireZeros(after, end);
    sections_.push_back(
        {TextOf(entry.name), entry.type, entry.offset, entry.bytes, entry.checksum, false});
  }
  if (end != size_) ThrowCorrupt("it has bytes beyond its last section");
  std::sort(sections_.begin(), sections_.end(),
            [](const Section& a, const Section& b) { return a.name < b.name; });
}

void IndexFile::RequireZeros(uint64_t begin, uint64_t end) const {
  std::array<char, kFileUnit> bytes{};
  ReadAt(begin, bytes.data(), static_cast<size_t>(end - begin));
  if (std::any_of(bytes.begin(), bytes.end(), [](char byte) { return byte != 0; })) {
    ThrowCorrupt("bytes between its sections are not 0");
  }
}

std::vector<IndexFile::Section>::const_iterator IndexFile::PlaceOf(const std::string& name) const {
  const auto found = std::lower_bound(
      sections_.begin(), sections_.end(), name,
      [](const Section& section, const std::string& wanted) { return section.name < wanted; });
  return found != sections_.end() && found->name == name ? found : sections_.end();
}

IndexFile::Section* IndexFile::Find(const std::string& name) {
  const auto found = PlaceOf(name);
  if (found == sections_.end() || found->left_out) return nullptr;
  return &sections_[static_cast<size_t>(found - sections_.begin())];
}

void IndexFile::LeaveOut(const std::function<bool(std::string_view)>& is_one) {
  for (Section& section : sections_) section.left_out |= is_one(section.name);
}

bool IndexFile::LeavesOut(const std::string& name) const {
  const auto found = PlaceOf(name);
  return found != sections_.end() && found->left_out;
}

uint64_t IndexFile::BytesLeftOut(std::string_view prefix) const {
  uint64_t bytes = 0;
  for (const Section& section : sections_) {
    if (section.left_out && section.name.starts_with(prefix)) bytes += section.bytes;
  }
  return bytes;
}

void IndexFile::RequireChecksum(Section& section, uint64_t checksum) const {
  if (checksum != section.checksum) {
    ThrowCorrupt("the checksum of section " + section.name + " is wrong");
  }
  section.tested = true;
}

template <class Place>
void IndexFile::ReadThrough(Section& section, const Place& place) {
  Checksum checksum;
  for (size_t done = 0; done < section.bytes; done += kAtOnce) {
    const size_t size = std::min<size_t>(kAtOnce, section.bytes - done);
    std::byte* const bytes = place(done);
    ReadAt(section.offset + done, bytes, size);
    checksum.Add(bytes, size);
    monitor_.Advance(static_cast<int64_t>(size));
    monitor_.Look();
  }
  RequireChecksum(section, checksum.value());
}

void IndexFile::Copy(Section& section, void* out) {
  ReadThrough(section, [&](size_t done) { return static_cast<std::byte*>(out) + done; });
}

const std::byte* IndexFile::Map(Section& section, bool test) {
  const std::byte* const bytes = Mapped() + section.offset;
  if (!test && !mode_.verify && section.bytes > kMostTested) {
    section.tested = true;  // as far as it will be
    return bytes;
  }
  Checksum checksum;
  for (size_t done = 0; done < section.bytes; done += kAtOnce) {
    const size_t size = std::min<size_t>(kAtOnce, section.bytes - done);
    checksum.Add(bytes + done, size);
    monitor_.Advance(static_cast<int64_t>(size));
    monitor_.Look();
  }
  RequireChecksum(section, checksum.value());
  return bytes;
}

void IndexFile::TestRest() {
  std::vector<std::byte> scratch(mode_.mapped ? 0 : kAtOnce);
  for (Section& section : sections_) {
    if (section.tested) continue;
    if (mode_.mapped) {
      Map(section, false);
    } else {
      ReadThrough(section, [&](size_t) { return scratch.data(); });
    }
  }
}

IndexFile::Section& IndexReader::Find(const char* name, uint32_t type, size_t element,
                                      int64_t count) const {
  IndexFile::Section* const section = file_->Find(prefix_ + name);
  if (section == nullptr) file_->ThrowCorrupt("section " + prefix_ + name + " is missing");
  if (section->type != type || section->bytes % element != 0 ||
      (count != kAnyCount && section->bytes / element != static_cast<uint64_t>(count))) {
    file_->ThrowCorrupt("section " + prefix_ + name + " does not fit the rest of the index");
  }
  return *section;
}

void IndexReader::CopyBytes(const char* name, uint32_t type, void* out, size_t size) const {
  file_->Copy(Find(name, type, size, 1), out);
}

void IndexReader::Set(int32_t& value, int64_t word) const {
  value = static_cast<int32_t>(word);
  Require(value == word, "a number");
}

void IndexReader::Require(bool holds, const char* what) const {
  if (!holds) {
    file_->ThrowCorrupt(std::string(what) + " in sections " + prefix_ + "* is out of range");
  }
}

void IndexReader::RequireRows(std::span<const int64_t> rows, int64_t n, bool ascending,
                              const char* what) const {
  if (ascending) {
    int64_t least = 0;
    for (const int64_t row : rows) {
      Require(row >= least && row < n, what);
      least = row + 1;
    }
    return;
  }
  std::vector<bool> listed(static_cast<size_t>(n));
  for (const int64_t row : rows) {
    Require(row >= 0 && row < n && !listed[row], what);
    listed[row] = true;
  }
}

}  // namespace residual_knn
