// Writes the answer of a run, one part after the other: CSV, plain or gzipped, or .npy files: two matrices, or three
// vectors if the numbers of neighbors vary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tools/answer.h"
#include "tools/output_set.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// The answer of the library for consecutive queries, with the data that convert its row numbers to rows of the file.
struct NeighborsAnswer {
  int64_t num_queries = 0;
  int64_t places = 0;                  // neighbors of each query in the arrays, at most k
  std::span<const int64_t> neighbors;  // num_queries x places, -1 in places without a neighbor
  std::span<const double> distances;
  // Not empty: the neighbors are in compressed rows, and those of row i of the arrays begin at offsets[i].
  std::span<const int64_t> offsets;
  std::span<const double> weights;         // one for each neighbor, if wanted
  std::span<const double> pick_variances;  // one for each neighbor, if wanted
  std::span<const double> variances;       // one for each query, if wanted
  // For each query, its row in the arrays; empty: the same number.
  std::span<const int64_t> result_rows;
  // For each query, its row in the file; empty: first_query and the following.
  std::span<const int64_t> query_rows;
  int64_t first_query = 0;
  // For each row number of the library, the row in the file; empty: the same number.
  std::span<const int64_t> file_rows;
};

// What the answer of the library says by itself: without numbers of queries and rows of a file. Refers to `answer`.
NeighborsAnswer WithoutFile(const Answer& answer);

// A place in each file of an answer, whose queries have the same number of bytes in all parts of the file.
struct AnswerPlace {
  std::vector<FilePlace> files;
  std::vector<int64_t> query_bytes;
};

// The files that an AnswerWriter will write for --output. `compressed`: for neighbors in compressed rows.
std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed);

// The files of an answer and its form.
struct AnswerFiles {
  std::string output;
  // Empty: not wanted.
  std::string weights;         // with 0 in places of .npy without a neighbor
  std::string pick_variances;  // the last value is repeated in such places
  std::string variances;
  bool compressed = false;  // the neighbors are in compressed rows
  bool has_header = true;   // CSV begins with the names of the columns
  int64_t num_queries = 0;  // in all parts
  int64_t k = 0;            // columns of .npy
  int64_t base = 0;         // the number of the first row
  bool kept = false;        // a later run can continue the files
  bool shared = false;      // other processes write parts
};

// Whether queries have the same number of bytes in each file, and the files can be shared.
bool CanBeShared(const AnswerFiles& files);

// All of them, in the order in which an AnswerWriter has their parts.
std::vector<std::string> AllFiles(const AnswerFiles& files);

// Writes one of the tables.
class AnswerTable;

class AnswerWriter {
 public:
  // Opens files of `outputs`, which must outlive the writer and which the caller publishes. Begin or Continue must follow.
  AnswerWriter(const AnswerFiles& files, OutputSet* outputs);
  // Writes into the files of another process, `queries` behind the place. Throws if this process does not see them. Only
  // Write and Sync may follow.
  AnswerWriter(const AnswerFiles& files, const AnswerPlace& place, int64_t queries);
  ~AnswerWriter();
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  // Writes what precedes the first part.
  void Begin();

  // For files that are kept. Goes on behind the parts of an earlier run, as Sync returned them; without parts, begins.
  void Continue(std::span<const std::vector<FilePart>> parts);

  // Writes all so far to the disk. For files that are kept or of another process, returns what was written to each file
  // since the last call.
  std::vector<FilePart> Sync();

  // For shared files: where other processes can write, behind all so far.
  AnswerPlace Place();
  // The same: another process has written the part that follows.
  void Skip(std::span<const FilePart> parts);

  // Writes the next part.
  void Write(const NeighborsAnswer& part, ProgressBar* progress);

  // Must be called after the last part.
  void Finish();

 private:
  using OpenFile = std::function<OutputFile*(const std::string& path)>;

  void AddTables(const AnswerFiles& files, const OpenFile& open_file);

  std::vector<std::unique_ptr<OutputFile>> pieces_;  // of the files of another process
  std::vector<OutputFile*> files_;
  std::vector<std::unique_ptr<AnswerTable>> tables_;
};

}  // namespace residual_knn::cli
