// Reads a saved index: tests the file, and hands its numbers to the members of objects.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "parallel/monitor.h"
#include "storage/file_descriptor.h"
#include "storage/file_layout.h"
#include "storage/stored_array.h"

namespace residual_knn {

// How a file becomes an index.
struct ReadingMode {
  bool mapped = false;  // arrays stay in the file, which is mapped into memory
  bool verify = true;   // the checksums of ManyNumbers are tested too
};

// A file with its table, which has been tested: all sections lie inside the file, one after the other.
class IndexFile {
 public:
  // Throws ERROR_FILE, ERROR_NOT_AN_INDEX, ERROR_CORRUPT, ERROR_TOO_NEW or ERROR_OTHER_TARGET.
  IndexFile(const std::string& path, ReadingMode mode, Monitor& monitor);

  struct Section {
    std::string name;
    uint32_t type = 0;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    uint64_t checksum = 0;
    bool tested = false;
    bool left_out = false;
  };

  [[nodiscard]] const ReadingMode& mode() const { return mode_; }
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
  // Null if there is none, or if it is left out.
  [[nodiscard]] Section* Find(const std::string& name);
  // Readers do without the sections whose names `is_one` finds, as if they were not there.
  void LeaveOut(const std::function<bool(std::string_view)>& is_one);
  [[nodiscard]] bool LeavesOut(const std::string& name) const;
  // Of the sections left out whose names begin with `prefix`.
  [[nodiscard]] uint64_t BytesLeftOut(std::string_view prefix) const;
  // Copies the bytes of a section, and tests its checksum.
  void Copy(Section& section, void* out);
  // The bytes of a section of a mapped file, with their checksum tested if they are few or `test` is true.
  const std::byte* Map(Section& section, bool test);
  // What keeps the mapped bytes.
  [[nodiscard]] const std::shared_ptr<const void>& keeper() const { return mapping_; }

  // Tests the sections that nobody has asked for, for example those of a newer writer or those left out.
  void TestRest();

  [[noreturn]] void ThrowCorrupt(const std::string& problem) const;

 private:
  void ReadHead(FileHead& head) const;
  void ReadTable(const FileHead& head);
  void RequireZeros(uint64_t begin, uint64_t end) const;
  void RequireChecksum(Section& section, uint64_t checksum) const;
  // Reads a section in pieces, and tests its checksum. `place(done)` is where the piece goes that begins at byte `done`.
  template <class Place>
  void ReadThrough(Section& section, const Place& place);
  [[nodiscard]] std::vector<Section>::const_iterator PlaceOf(const std::string& name) const;
  void ReadAt(uint64_t offset, void* out, size_t size) const;
  [[nodiscard]] const std::byte* Mapped() const {
    return static_cast<const std::byte*>(mapping_.get());
  }

  std::string path_;
  ReadingMode mode_;
  Monitor& monitor_;
  FileDescriptor file_;
  uint64_t size_ = 0;
  std::vector<Section> sections_;  // by name
  std::shared_ptr<const void> mapping_;
};

// The counterpart of IndexWriter.
class IndexReader {
 public:
  static constexpr bool kReads = true;
  // Any number of elements.
  static constexpr int64_t kAnyCount = -1;

  IndexReader(IndexFile& file, std::string prefix) : file_(&file), prefix_(std::move(prefix)) {}

  [[nodiscard]] IndexReader In(const std::string& name) const {
    return {*file_, prefix_ + name + "/"};
  }
  [[nodiscard]] bool Has(const char* name) const { return file_->Find(prefix_ + name) != nullptr; }
  // Whether the section is in the file, but is not to be used.
  [[nodiscard]] bool LeavesOut(const char* name) const { return file_->LeavesOut(prefix_ + name); }
  [[nodiscard]] uint64_t BytesLeftOut() const { return file_->BytesLeftOut(prefix_); }

  template <class... Value>
  void Values(const char* name, Value&... values) const {
    std::array<int64_t, sizeof...(values)> words{};
    CopyBytes(name, TypeOf<int64_t>(), words.data(), sizeof words);
    size_t next = 0;
    (Set(values, words[next++]), ...);
  }

  // Throws ERROR_CORRUPT unless there are `count` numbers. Leaves the array as it is if the section is left out.
  template <class Array>
  void Numbers(const char* name, Array& array, int64_t count) const {
    Read(name, array, count, true);
  }
  template <class Array>
  void ManyNumbers(const char* name, Array& array, int64_t count) const {
    Read(name, array, count, false);
  }

  // Throws ERROR_CORRUPT unless `holds`; `what` is the first part of a sentence, for example "a row number".
  void Require(bool holds, const char* what) const;
  // Row numbers below `n`, none of them twice, and in ascending order if `ascending`.
  void RequireRows(std::span<const int64_t> rows, int64_t n, bool ascending,
                   const char* what) const;

 private:
  static void Set(bool& value, int64_t word) { value = word != 0; }
  void Set(int32_t& value, int64_t word) const;
  static void Set(int64_t& value, int64_t word) { value = word; }
  static void Set(double& value, int64_t word) { value = std::bit_cast<double>(word); }

  // A section of elements of this type and size; if `count` is not kAnyCount, of that many.
  IndexFile::Section& Find(const char* name, uint32_t type, size_t element, int64_t count) const;
  void CopyBytes(const char* name, uint32_t type, void* out, size_t size) const;

  template <class Array>
  void Read(const char* name, Array& array, int64_t count, bool test) const {
    using Element = std::remove_cvref_t<decltype(*array.data())>;
    if (LeavesOut(name)) return;
    IndexFile::Section& section = Find(name, TypeOf<Element>(), sizeof(Element), count);
    const size_t size = section.bytes / sizeof(Element);
    if constexpr (requires { array.view(); }) {
      if (file_->mode().mapped && size > 0) {
        const auto* numbers = reinterpret_cast<const Element*>(file_->Map(section, test));
        array = Array(std::span(numbers, size), file_->keeper());
        return;
      }
    }
    if constexpr (requires { array.resize(size); }) array.resize(size);
    if constexpr (requires { array.own(); }) {
      file_->Copy(section, array.own());
    } else {
      file_->Copy(section, array.data());
    }
  }

  IndexFile* file_;
  std::string prefix_;
};

// The product of sizes from a file, which may be wrong. If one is negative or the product is too large, returns the
// largest int64_t, which is the size of no section.
int64_t CountOf(int64_t a, int64_t b, int64_t c = 1);

}  // namespace residual_knn
