// An output file. It appears under its name complete or not at all.
//
// A regular file is written without a name (O_TMPFILE). If the file system does not support that, it is written under a
// hidden name in the folder of the target. It gets its name when it is complete. Standard output, pipes, /dev/null and
// other files that are not regular are written directly. A file that can be continued is kept, under a name that ends in
// ".resume-part", if the program ends before it is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gzip_encoder.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {

// The kinds of unfinished files.
enum class Staging { kAutomatic, kNamed, kKept };

// The compression of a file.
enum class Packing { kNone, kGzip };

// True if a file of this name would be staged: it is a regular file or does not exist.
bool IsStaged(const std::string& path);

// True for a name that an unfinished file of Staging::kKept may have.
bool IsKeptName(const std::string& path);

// The name of an unfinished file of Staging::kKept.
std::string KeptPath(const std::string& path);

// The path with symbolic links resolved; the path itself if there is no such file.
std::string ResolvedPath(const std::string& path);

// A part of a file: the bytes from the end of the part before it up to `end`, and their CRC-32.
struct FilePart {
  int64_t end = 0;
  uint32_t checksum = 0;
};

// The place of the next byte in an unfinished file. Until something is written there, it has a random mark, by which another
// process knows that it sees this file.
struct FilePlace {
  std::string path;
  int64_t end = 0;
  uint64_t mark = 0;
};

class OutputFile {
 public:
  // Opens the file; "-" and "/dev/stdout" are standard output. Throws a std::runtime_error that names the file.
  OutputFile(std::string path, Staging staging, Packing packing = Packing::kNone);
  // Writes into an unfinished file of another process, `skipped` bytes behind the place. `path` is the name that the
  // file will get, for messages. Throws if this process does not see the file. Only Write, Room and Sync may follow.
  OutputFile(std::string path, const FilePlace& place, int64_t skipped);
  // Discards a file that was not published.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::string_view bytes);

  // Returns space for `size` more bytes; report the bytes written there to Wrote. It is valid until the next call.
  // `size` must be far below the size of the buffer, 1 MiB.
  char* Room(size_t size);
  void Wrote(size_t size) { filled_ += size; }

  // Replaces the first bytes of a staged file that is not compressed.
  void Rewrite(std::string_view start);

  // Whether other processes can write into the unfinished file: it has a name.
  [[nodiscard]] bool IsShared() const { return !temporary_path_.empty(); }
  // The same: where they can write, behind all so far, which is then on the disk. At least 8 bytes must follow.
  FilePlace Place();
  // The same: this part, which follows, was written by another process.
  void Skip(const FilePart& part);

  // For files with Staging::kKept. Keeps the first bytes of an earlier run, which are these parts, and writes behind them;
  // without parts, begins a new file. Throws if the parts are not in the file. The first part is not compared: it is a
  // header, which Rewrite may have changed.
  void Continue(std::span<const FilePart> parts);

  // Writes all bytes so far to the disk. For files with Staging::kKept and for those of another process, returns the
  // part that was written since the last call.
  FilePart Sync();

  // For files with Staging::kKept: the bytes on the disk.
  [[nodiscard]] int64_t size() const { return part_.end; }

  // Gives a complete file that an earlier run kept its name. Does nothing if that run has done so; then a file of this
  // size has the name.
  static void PublishKept(const std::string& path, int64_t size);

  // Writes all bytes to the disk. Only Publish may follow. Throws if any write failed.
  void Finish();

  // Gives a finished staged file its name. Does nothing for other files.
  void Publish();

  // True if the unfinished file has a name, so that it must be removed if the program ends.
  [[nodiscard]] bool HasTemporaryName() const { return !temporary_path_.empty() && !is_kept_; }

  // Removes an unfinished file, as the destructor does.
  void Discard() { Close(); }
  void RemoveTemporaryName() const;

  // Writing stops early if a signal is pending in `hold`.
  void Heed(const SignalHold* hold) { hold_ = hold; }

 private:
  void OpenStaged(Staging staging);
  void Flush();
  void WriteAll(std::string_view bytes);
  void AddToPart(std::string_view bytes);
  void Close();
  [[noreturn]] void ThrowNotContinued() const;
  [[noreturn]] void ThrowWriteError(int system_error) const;

  std::string path_;    // as the caller gave it
  std::string target_;  // the path with symbolic links resolved
  std::string temporary_path_;
  const SignalHold* hold_ = nullptr;
  int descriptor_ = -1;
  bool owns_descriptor_ = false;
  bool staged_ = false;
  bool is_kept_ = false;
  bool is_piece_ = false;  // of a file of another process
  FilePart part_;          // what was written since the last call of Sync, if is_kept_ or is_piece_
  std::vector<char> buffer_;
  std::unique_ptr<GzipEncoder> encoder_;  // none: no compression
  size_t filled_ = 0;
};

}  // namespace residual_knn::cli
