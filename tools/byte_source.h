// The bytes of a file or of standard input, unzipped if they are a gzip file. Never seeks.
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

  // How messages call it.
  [[nodiscard]] const std::string& path() const { return path_; }

  // The first bytes, fewer than kPeekBytes only if there are no more; they stay unread. Before the
  // first Read only.
  static constexpr size_t kPeekBytes = size_t{1} << 16;
  std::string_view Peek();

  // True if the bytes come out of a gzip file.
  [[nodiscard]] bool IsZipped() const { return gzdirect(file_.get()) == 0; }

  // Reads until the buffer is full or the file ends, and returns the number of bytes read. Throws
  // if reading fails or the gzip data is damaged or cut off.
  size_t Read(std::span<char> buffer);

  // A number of unzipped bytes that the file cannot exceed; nothing for pipes and the like.
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
  std::vector<char> ahead_;  // read by Peek
  size_t ahead_taken_ = 0;   // of these, taken by Read
};

}  // namespace residual_knn
