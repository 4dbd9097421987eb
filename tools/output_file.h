// One file being written, which appears under its name whole or not at all.
//
// Regular files are written without a name (O_TMPFILE) or, where the file system cannot do that,
// under a hidden name beside the target, and renamed over the target when complete. What is not a
// regular file (standard output, a pipe, /dev/null) is written directly.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gzip_encoder.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {

// How an unfinished file is kept.
enum class Staging { kAutomatic, kNamed };

// How the bytes of a file are packed.
enum class Packing { kNone, kGzip };

// True if a file of this name would be staged: it is a regular file, or none yet.
bool IsStaged(const std::string& path);

class OutputFile {
 public:
  // Opens; "-" and "/dev/stdout" are standard output. Throws a std::runtime_error that names the
  // file.
  OutputFile(std::string path, Staging staging, Packing packing = Packing::kNone);
  // Discards what was not published.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::string_view bytes);

  // Room for `size` more bytes, to be claimed by Wrote; valid until the next call. `size` must be
  // far below the size of the buffer, 1 MiB.
  char* Room(size_t size);
  void Wrote(size_t size) { filled_ += size; }

  // Brings all bytes to the disk; after it only Publish may follow. Throws if any of it failed.
  void Finish();

  // Gives a finished file its name, for what is staged; nothing to do for the rest.
  void Publish();

  // True if an unfinished file has a name that someone must remove.
  [[nodiscard]] bool HasTemporaryName() const { return !temporary_path_.empty(); }

  // The file ends early when a signal waits in `hold`.
  void Heed(const SignalHold* hold) { hold_ = hold; }

 private:
  void OpenStaged(Staging staging);
  void Flush();
  void WriteAll(std::string_view bytes);
  void Close();
  [[noreturn]] void ThrowWriteError(int system_error) const;

  std::string path_;    // as the caller called it
  std::string target_;  // the same with symbolic links resolved
  std::string temporary_path_;
  const SignalHold* hold_ = nullptr;
  int descriptor_ = -1;
  bool owns_descriptor_ = false;
  bool staged_ = false;
  std::vector<char> buffer_;
  std::unique_ptr<GzipEncoder> encoder_;  // none: the bytes are written as they are
  size_t filled_ = 0;
};

}  // namespace residual_knn::cli
