#include "storage/index_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "residual_knn.h"
#include "simd/target.h"
#include "storage/checksum.h"
#include "storage/new_file.h"

namespace residual_knn {
namespace {

template <size_t kSize>
void CopyText(const char* text, std::array<char, kSize>& out) {
  const size_t length = std::strlen(text);
  RESIDUAL_KNN_ASSERT(length < kSize);
  std::copy_n(text, std::min(length, kSize - 1), out.begin());
}

}  // namespace

int64_t WordOf(double value) { return std::bit_cast<int64_t>(value); }

void IndexContents::Refer(std::string name, uint32_t type, const void* bytes, size_t size) {
  sections_.push_back({std::move(name), type, bytes, size});
}

void IndexContents::Copy(std::string name, uint32_t type, const void* bytes, size_t size) {
  std::vector<std::byte>& copy = copies_.emplace_back(size);
  if (size > 0) std::memcpy(copy.data(), bytes, size);
  Refer(std::move(name), type, copy.data(), size);
}

void IndexContents::Write(const std::string& path) const {
  FileOrigin origin{};
  CopyText(residual_knn_version(), origin.library);
  CopyText(SimdTargetName(), origin.target);
  std::vector<SectionEntry> entries(sections_.size());
  uint64_t end = sizeof(FileHead) + sizeof origin + entries.size() * sizeof(SectionEntry);
  for (size_t i = 0; i < entries.size(); ++i) {
    CopyText(sections_[i].name.c_str(), entries[i].name);
    entries[i].type = sections_[i].type;
    entries[i].offset = end;
    entries[i].bytes = sections_[i].size;
    end += WholeUnits(sections_[i].size);
  }

  NewFile file(path);
  file.Reserve(end);
  constexpr std::array<char, kFileUnit> kZeros{};
  for (size_t i = 0; i < entries.size(); ++i) {
    // In parts that a cache holds: they are read twice, for the checksum and for the file.
    constexpr size_t kAtOnce = size_t{1} << 20;
    Checksum checksum;
    const auto* bytes = static_cast<const std::byte*>(sections_[i].bytes);
    for (size_t done = 0; done < sections_[i].size; done += kAtOnce) {
      const size_t size = std::min(kAtOnce, sections_[i].size - done);
      checksum.Add(bytes + done, size);
      file.Write(entries[i].offset + done, bytes + done, size);
    }
    entries[i].checksum = checksum.value();
    const uint64_t written = entries[i].offset + entries[i].bytes;
    file.Write(written, kZeros.data(), WholeUnits(written) - written);
  }

  Checksum table;
  table.Add(&origin, sizeof origin);
  table.Add(entries.data(), entries.size() * sizeof(SectionEntry));
  FileHead head{};
  head.magic = kFileMagic;
  head.byte_order = kByteOrder;
  head.format_version = kFormatVersion;
  head.least_reader = kLeastReader;
  head.file_bytes = end;
  head.sections = entries.size();
  head.table_checksum = table.value();
  head.head_checksum = ChecksumOf(&head, offsetof(FileHead, head_checksum));
  file.Write(sizeof head, &origin, sizeof origin);
  file.Write(sizeof head + sizeof origin, entries.data(), entries.size() * sizeof(SectionEntry));
  file.Write(0, &head, sizeof head);
  file.Publish();
}

}  // namespace residual_knn
