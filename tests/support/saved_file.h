// Saved indexes for tests: folders, bytes of files, and files that are changed and get right checksums again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "support/api_objects.h"

namespace residual_knn_test {

// A new folder that is removed with all its files.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string File(const std::string& name) const { return path_ + "/" + name; }
  // Names of its files, sorted.
  [[nodiscard]] std::vector<std::string> Names() const;

 private:
  std::string path_;
};

using Bytes = std::vector<unsigned char>;
Bytes ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, const Bytes& bytes);

residual_knn_load_options LoadOptions();

enum class Way { kLoad, kOpen, kOpenAndVerify };
inline constexpr Way kAllWays[] = {Way::kLoad, Way::kOpen, Way::kOpenAndVerify};
const char* NameOf(Way way);

CreatedIndex ReadIndex(const std::string& path, Way way, int64_t max_bytes = 0);

// Places in the bytes of a saved index; see docs/index-format.md.
constexpr size_t kUnit = 64;
constexpr size_t kByteOrderAt = 8;
constexpr size_t kFormatVersionAt = 16;
constexpr size_t kLeastReaderAt = 20;
constexpr size_t kFileBytesAt = 24;
constexpr size_t kSectionsAt = 32;
constexpr size_t kTargetAt = 88;

template <class T>
T& NumberAt(Bytes& bytes, size_t at) {
  return *reinterpret_cast<T*>(bytes.data() + at);
}

struct SavedSection {
  std::string name;
  size_t entry = 0;   // where its entry begins
  size_t offset = 0;  // where its bytes begin
  size_t size = 0;
};
std::vector<SavedSection> SectionsOf(Bytes& bytes);
// Throws std::runtime_error if there is none.
SavedSection SectionOf(Bytes& bytes, const std::string& name);

uint64_t ChecksumForTests(const void* bytes, size_t size);
// Makes all checksums right.
void SignAgain(Bytes& bytes);

}  // namespace residual_knn_test
