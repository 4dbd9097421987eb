// A file that appears under its name when it is complete, and not before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/file_descriptor.h"

namespace residual_knn {

// The file is written under another name in the same folder, and removed unless Publish has given it its name. All
// functions throw ERROR_FILE.
class NewFile {
 public:
  // `path` may name a regular file, which Publish replaces, or a link to one.
  explicit NewFile(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Finds out early whether the disk has room.
  void Reserve(uint64_t bytes);
  void Write(uint64_t offset, const void* bytes, size_t size);
  // Waits until everything is on the disk, and gives the file its name.
  void Publish();

 private:
  [[noreturn]] void Throw(const char* problem) const;
  // The file has been written up to `end`, from its start on.
  void SyncEarly(uint64_t end);

  std::string path_;       // as the caller gave it
  std::string target_;     // without a link at the end
  std::string temporary_;  // empty once it has no such name
  FileDescriptor file_{-1};
  uint64_t synced_ = 0;        // the bytes before are on the disk
  uint64_t sync_started_ = 0;  // the same, or on the way
};

}  // namespace residual_knn
