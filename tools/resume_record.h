// The record of a run with --resume: a text file beside the output that says what the run computes and how much of it is
// on the disk. Each line ends with a checksum, so a line that was being written when the run ended is recognized.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/output_file.h"

namespace residual_knn::cli {

// One of the things that decide the bytes of the answer, such as "points".
struct NamedFingerprint {
  std::string name;
  uint64_t value = 0;

  friend bool operator==(const NamedFingerprint&, const NamedFingerprint&) = default;
};

// A finished chunk, or the headers before the first chunk.
struct ChunkRecord {
  int64_t end = 0;              // the queries before this one are finished
  std::vector<FilePart> parts;  // of each file of the answer
};

class ResumeRecord {
 public:
  // Opens the record for this output file, or makes it. Locks it until the end of the program or of this object. Throws
  // a std::runtime_error if another run has locked it, or if the file is not such a record.
  explicit ResumeRecord(const std::string& output);
  ~ResumeRecord();
  ResumeRecord(const ResumeRecord&) = delete;
  ResumeRecord& operator=(const ResumeRecord&) = delete;

  // Must be called first. If the record is of an earlier run, throws unless that run had the same fingerprints.
  void Begin(const std::vector<NamedFingerprint>& fingerprints);

  // The chunks of earlier runs and of this one, after the headers.
  [[nodiscard]] const std::vector<ChunkRecord>& chunks() const { return chunks_; }
  // The data of the chunk must be on the disk.
  void Add(const ChunkRecord& chunk);

  // True if all data are on the disk and the files get their names.
  [[nodiscard]] bool IsComplete() const { return complete_; }
  void SetComplete();

  // Removes the record, when all files have their names.
  void Remove();

 private:
  void Lock();
  void Read();
  [[nodiscard]] std::string ReadText() const;
  void TakeLine(const std::string& content);
  void Append(const std::string& content);
  void Clear();
  [[noreturn]] void ThrowSystem(int system_error) const;
  [[noreturn]] void ThrowDamaged() const;

  std::string path_;
  int descriptor_ = -1;
  int64_t valid_bytes_ = 0;  // the lines that were read
  std::vector<NamedFingerprint> fingerprints_;
  std::vector<ChunkRecord> chunks_;
  bool complete_ = false;
};

}  // namespace residual_knn::cli
