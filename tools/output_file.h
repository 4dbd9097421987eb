// An output file. It appears under its name complete or not at all.
//
// A regular file is written without a name (O_TMPFILE). If the file system does not support that, it is written under a
// hidden name in the folder of the target. It gets its name when it is complete. Standard output, pipes, /dev/null and
// other files that are not regular are written directly.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gzip_encoder.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {

// The kinds of unfinished files.
enum class Staging { kAutomatic, kNamed };

// The compression of a file.
enum class Packing { kNone, kGzip };

// True if a file of this name would be staged: it is a regular file or does not exist.
bool IsStaged(const std::string& path);

class OutputFile {
 public:
  // Opens the file; "-" and "/dev/stdout" are standard output. Throws a std::runtime_error that names the file.
  OutputFile(std::string path, Staging staging, Packing packing = Packing::kNone);
  // Discards a file that was not published.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::string_view bytes);

  // Returns space for `size` more bytes; report the bytes written there to Wrote. It is valid until the next call.
  // `size` must be far below the size of the buffer, 1 MiB.
  char* Room(size_t size);
  void Wrote(size_t size) { filled_ += size; }

  // Writes all bytes to the disk. Only Publish may follow. Throws if any write failed.
  void Finish();

  // Gives a finished staged file its name. Does nothing for other files.
  void Publish();

  // True if the unfinished file has a name, so that it must be removed if the program ends.
  [[nodiscard]] bool HasTemporaryName() const { return !temporary_path_.empty(); }

  // Writing stops early if a signal is pending in `hold`.
  void Heed(const SignalHold* hold) { hold_ = hold; }

 private:
  void OpenStaged(Staging staging);
  void Flush();
  void WriteAll(std::string_view bytes);
  void Close();
  [[noreturn]] void ThrowWriteError(int system_error) const;

  std::string path_;    // as the caller gave it
  std::string target_;  // the path with symbolic links resolved
  std::string temporary_path_;
  const SignalHold* hold_ = nullptr;
  int descriptor_ = -1;
  bool owns_descriptor_ = false;
  bool staged_ = false;
  std::vector<char> buffer_;
  std::unique_ptr<GzipEncoder> encoder_;  // none: no compression
  size_t filled_ = 0;
};

}  // namespace residual_knn::cli
