// Reads the bytes of a file or of standard input, and decompresses gzip files. It never seeks.
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
  // "-" is standard input. Throws if the file cannot be read.
  explicit ByteSource(const std::string& path);

  // The name in messages.
  [[nodiscard]] const std::string& path() const { return path_; }

  // The first kPeekBytes bytes, or all if there are fewer. They remain to be read. Call it only before
  // the first Read.
  static constexpr size_t kPeekBytes = size_t{1} << 16;
  std::string_view Peek();

  // True if the file is a gzip file.
  [[nodiscard]] bool IsZipped() const { return gzdirect(file_.get()) == 0; }

  // Reads until the buffer is full or the file ends, and returns the number of bytes read. Throws
  // if reading fails or the gzip data is damaged or truncated.
  size_t Read(std::span<char> buffer);

  // An upper limit of the number of decompressed bytes; nothing for pipes and similar files.
  [[nodiscard]] std::optional<int64_t> MostBytes() const;

 private:
  struct Closer {
    void operator()(gzFile file) const { gzclose(file); }
  };
  void OpenStandardInput();
  void OpenFile();
  [[noreturn]] void ThrowReadError() const;

  std::string path_;
  bool is_standard_input_;
  std::unique_ptr<std::remove_pointer_t<gzFile>, Closer> file_;
  std::vector<char> ahead_;  // bytes read by Peek
  size_t ahead_taken_ = 0;   // how many of them Read has returned
};

}  // namespace residual_knn
