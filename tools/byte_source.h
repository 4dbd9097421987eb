// The bytes of a file, unzipped if it is a gzip file.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace residual_knn {

class ByteSource {
 public:
  // Throws if the file cannot be read.
  explicit ByteSource(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

  // True if the next bytes are `prefix` (of at most 64 bytes); they stay unread.
  bool StartsWith(std::string_view prefix);

  // Reads until the buffer is full or the file ends, and returns the number of bytes read. Throws
  // if reading fails or the gzip data is damaged or cut off.
  size_t Read(std::span<char> buffer);

  // A number of unzipped bytes that the file cannot exceed; nothing for pipes and the like.
  [[nodiscard]] std::optional<int64_t> MostBytes() const;

 private:
  struct Closer {
    void operator()(gzFile file) const { gzclose(file); }
  };
  [[noreturn]] void ThrowReadError() const;

  std::string path_;
  std::unique_ptr<std::remove_pointer_t<gzFile>, Closer> file_;
  std::vector<char> ahead_;  // read by StartsWith, not yet by Read
};

}  // namespace residual_knn
