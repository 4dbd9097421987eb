#include "support/saved_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace residual_knn_test {

TestFolder::TestFolder() {
  // Many files are synced, which takes no time in memory.
  for (const std::filesystem::path& parent :
       {std::filesystem::path("/dev/shm"), std::filesystem::temp_directory_path()}) {
    std::string pattern = (parent / "saved-index-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) continue;
    path_ = pattern;
    return;
  }
  throw std::runtime_error("no folder for tests");
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TestFolder::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Bytes ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteBytes(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

residual_knn_load_options LoadOptions() {
  residual_knn_load_options options;
  residual_knn_load_options_init(&options, sizeof options);
  return options;
}

const char* NameOf(Way way) {
  switch (way) {
    case Way::kLoad:
      return "load";
    case Way::kOpen:
      return "open";
    case Way::kOpenAndVerify:
      return "open with verify";
  }
  return "";
}

CreatedIndex ReadIndex(const std::string& path, Way way, int64_t max_bytes) {
  residual_knn_load_options options = LoadOptions();
  options.max_bytes = max_bytes;
  options.verify = way == Way::kOpenAndVerify ? 1 : 0;
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = way == Way::kLoad ? residual_knn_index_load(path.c_str(), &options, &index)
                                     : residual_knn_index_open(path.c_str(), &options, &index);
  created.index.reset(index);
  return created;
}

std::vector<SavedSection> SectionsOf(Bytes& bytes) {
  std::vector<SavedSection> sections;
  const auto count = static_cast<size_t>(NumberAt<uint64_t>(bytes, kSectionsAt));
  for (size_t i = 0; i < count; ++i) {
    SavedSection section;
    section.entry = (2 + i) * kUnit;
    section.name = reinterpret_cast<const char*>(bytes.data() + section.entry);
    section.offset = static_cast<size_t>(NumberAt<uint64_t>(bytes, section.entry + 40));
    section.size = static_cast<size_t>(NumberAt<uint64_t>(bytes, section.entry + 48));
    sections.push_back(section);
  }
  return sections;
}

SavedSection SectionOf(Bytes& bytes, const std::string& name) {
  for (const SavedSection& section : SectionsOf(bytes)) {
    if (section.name == name) return section;
  }
  throw std::runtime_error("no section " + name);
}

uint64_t ChecksumForTests(const void* bytes, size_t size) { return XXH3_64bits(bytes, size); }

void SignAgain(Bytes& bytes) {
  const std::vector<SavedSection> sections = SectionsOf(bytes);
  for (const SavedSection& section : sections) {
    NumberAt<uint64_t>(bytes, section.entry + 56) =
        XXH3_64bits(bytes.data() + section.offset, section.size);
  }
  NumberAt<uint64_t>(bytes, 40) = XXH3_64bits(bytes.data() + kUnit, (1 + sections.size()) * kUnit);
  NumberAt<uint64_t>(bytes, 56) = XXH3_64bits(bytes.data(), 56);
}

}  // namespace residual_knn_test
