// Collects the sections of an index and writes them to a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "storage/file_layout.h"

namespace residual_knn {

// The sections of a file that is about to be written.
class IndexContents {
 public:
  // Adds a section. Its bytes must stay as they are until Write.
  void Refer(std::string name, uint32_t type, const void* bytes, size_t size);
  // Adds a section with a copy of the bytes.
  void Copy(std::string name, uint32_t type, const void* bytes, size_t size);

  // Writes the file, whole or not at all. Throws ERROR_FILE.
  void Write(const std::string& path) const;

 private:
  struct Section {
    std::string name;
    uint32_t type;
    const void* bytes;
    size_t size;
  };

  std::vector<Section> sections_;
  std::deque<std::vector<std::byte>> copies_;
};

// The 8 bytes of a single value in a section.
inline int64_t WordOf(bool value) { return value ? 1 : 0; }
inline int64_t WordOf(int32_t value) { return value; }
inline int64_t WordOf(int64_t value) { return value; }
int64_t WordOf(double value);

// Hands the members of an object to IndexContents. IndexReader has the same functions and reads the members back, so
// that the function NameMembers of a class serves both.
class IndexWriter {
 public:
  static constexpr bool kReads = false;
  static constexpr int64_t kAnyCount = -1;

  IndexWriter(IndexContents& contents, std::string prefix)
      : contents_(&contents), prefix_(std::move(prefix)) {}

  // The writer of an object inside this one.
  [[nodiscard]] IndexWriter In(const std::string& name) const {
    return {*contents_, prefix_ + name + "/"};
  }

  // Single values, which are read back in the same order.
  template <class... Value>
  void Values(const char* name, const Value&... values) const {
    const std::array<int64_t, sizeof...(values)> words = {WordOf(values)...};
    contents_->Copy(prefix_ + name, TypeOf<int64_t>(), words.data(), sizeof words);
  }

  // Numbers, of which the reader expects `count`.
  template <class Array>
  void Numbers(const char* name, const Array& array, int64_t /*count*/) const {
    using Element = std::remove_cvref_t<decltype(*array.data())>;
    contents_->Refer(prefix_ + name, TypeOf<Element>(), array.data(),
                     array.size() * sizeof(Element));
  }
  // Numbers that address no memory, and may be many.
  template <class Array>
  void ManyNumbers(const char* name, const Array& array, int64_t count) const {
    Numbers(name, array, count);
  }
  // Numbers of an array that does not last.
  template <class Array>
  void CopiedNumbers(const char* name, const Array& array) const {
    using Element = std::remove_cvref_t<decltype(*array.data())>;
    contents_->Copy(prefix_ + name, TypeOf<Element>(), array.data(),
                    array.size() * sizeof(Element));
  }

 private:
  IndexContents* contents_;
  std::string prefix_;
};

}  // namespace residual_knn
