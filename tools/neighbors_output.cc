#include "tools/neighbors_output.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "tools/csv_cell.h"
#include "tools/npy_format.h"
#include "tools/npy_items.h"
#include "tools/number_text.h"
#include "tools/output_format.h"
#include "tools/point_order.h"

namespace residual_knn::cli {

class AnswerTable {
 public:
  AnswerTable() = default;
  AnswerTable(const AnswerTable&) = delete;
  AnswerTable& operator=(const AnswerTable&) = delete;
  virtual ~AnswerTable() = default;

  // Writes the headers.
  virtual void Begin() = 0;
  // Goes on with files that have the headers and some parts.
  virtual void Continue() {}
  // `progress` may be null.
  virtual void Write(const NeighborsAnswer& part, ProgressBar* progress) = 0;
  virtual void Finish() {}
  // In a file of which all queries have the same number; otherwise 0.
  [[nodiscard]] virtual int64_t BytesOfQuery() const { return 0; }
};

namespace {

constexpr std::string_view kNpyEnd = ".npy";

// The name of a second .npy file.
std::string FileBeside(const std::string& output, const char* what) {
  const size_t stem = output.size() - kNpyEnd.size();
  return output.substr(0, stem) + "." + what + output.substr(stem);
}

std::string DistancesFile(const std::string& output) { return FileBeside(output, "distances"); }
std::string OffsetsFile(const std::string& output) { return FileBeside(output, "offsets"); }

bool IsNpy(const std::string& path) { return TableFormatOf(path) == OutputFormat::kNpy; }

// The number of a query in the file.
int64_t QueryRow(const NeighborsAnswer& part, int64_t query) {
  return part.query_rows.empty() ? part.first_query + query : At(part.query_rows, query);
}

// What is written of each neighbor besides its row.
struct NeighborValues {
  std::string_view name;  // the column of CSV
  std::span<const double> NeighborsAnswer::*values;
  // In places of .npy without a neighbor; without it, the last value of the query.
  std::optional<double> missing;
};

constexpr NeighborValues kDistances = {"distance", &NeighborsAnswer::distances,
                                       std::numeric_limits<double>::infinity()};
constexpr NeighborValues kWeights = {"weight", &NeighborsAnswer::weights, 0};
constexpr NeighborValues kPickVariances = {"variance", &NeighborsAnswer::pick_variances,
                                           std::nullopt};

// Calls write(query, its neighbors, their values) for each query. `progress` may be null.
template <typename Write>
void ForEachQuery(const NeighborsAnswer& part, const NeighborValues& values, ProgressBar* progress,
                  const Write& write) {
  constexpr int64_t kQueriesPerUpdate = 1024;
  const std::span<const double> numbers = part.*values.values;
  for (int64_t query = 0; query < part.num_queries; ++query) {
    const auto row = static_cast<size_t>(At(part.result_rows, query));
    auto places = static_cast<size_t>(part.places);
    size_t start = row * places;
    if (!part.offsets.empty()) {
      start = static_cast<size_t>(part.offsets[row]);
      places = static_cast<size_t>(part.offsets[row + 1]) - start;
    }
    write(query, part.neighbors.subspan(start, places), numbers.subspan(start, places));
    if (progress != nullptr && query % kQueriesPerUpdate == 0) {
      progress->Update(query, part.num_queries);
    }
  }
}

// CSV with a line for each neighbor.
class NeighborCsv final : public AnswerTable {
 public:
  NeighborCsv(const AnswerFiles& files, const NeighborValues& values, OutputFile* file)
      : has_header_(files.has_header), base_(files.base), values_(values), file_(file) {}

  void Begin() override {
    if (!has_header_) return;
    file_->Write("query,rank,neighbor," + std::string(values_.name) + "\n");
  }

  void Write(const NeighborsAnswer& part, ProgressBar* progress) override {
    ForEachQuery(
        part, values_, progress,
        [&](int64_t query, std::span<const int64_t> neighbors, std::span<const double> numbers) {
          char query_text[kLongestNumber];
          const char* query_end = WriteWhole(QueryRow(part, query) + base_, query_text);
          const auto query_size = static_cast<size_t>(query_end - query_text);
          for (size_t rank = 0; rank < neighbors.size() && neighbors[rank] >= 0; ++rank) {
            char* const line = file_->Room(size_t{4} * (kLongestNumber + 1));
            std::memcpy(line, query_text, query_size);
            char* at = line + query_size;
            *at++ = ',';
            at = WriteWhole(static_cast<int64_t>(rank), at);
            *at++ = ',';
            at = WriteWhole(At(part.file_rows, neighbors[rank]) + base_, at);
            *at++ = ',';
            at = WriteReal(numbers[rank], at);
            *at++ = '\n';
            file_->Wrote(static_cast<size_t>(at - line));
          }
        });
  }

 private:
  bool has_header_;
  int64_t base_;
  NeighborValues values_;
  OutputFile* file_;
};

// A matrix of the neighbors.
class NeighborNpy final : public AnswerTable {
 public:
  NeighborNpy(const AnswerFiles& files, OutputFile* file)
      : num_queries_(files.num_queries), k_(files.k), base_(files.base), file_(file) {}

  void Begin() override { file_->Write(NpyPreamble(kNpyInt64, num_queries_, k_)); }

  void Write(const NeighborsAnswer& part, ProgressBar* progress) override {
    ForEachQuery(part, kDistances, progress,
                 [&](int64_t, std::span<const int64_t> neighbors, std::span<const double>) {
                   for (int64_t rank = 0; rank < k_; ++rank) {
                     const int64_t row =
                         rank < part.places ? neighbors[static_cast<size_t>(rank)] : -1;
                     const int64_t number = row < 0 ? -1 : At(part.file_rows, row) + base_;
                     WriteNpyItem(number, file_);
                   }
                 });
  }

  [[nodiscard]] int64_t BytesOfQuery() const override { return k_ * kNpyItemBytes; }

 private:
  int64_t num_queries_;
  int64_t k_;
  int64_t base_;
  OutputFile* file_;
};

// A matrix of values of the neighbors.
class ValueNpy final : public AnswerTable {
 public:
  ValueNpy(const AnswerFiles& files, const NeighborValues& values, OutputFile* file)
      : num_queries_(files.num_queries), k_(files.k), values_(values), file_(file) {}

  void Begin() override { file_->Write(NpyPreamble(kNpyFloat64, num_queries_, k_)); }

  void Write(const NeighborsAnswer& part, ProgressBar* progress) override {
    ForEachQuery(part, values_, progress,
                 [&](int64_t, std::span<const int64_t> neighbors, std::span<const double> numbers) {
                   for (int64_t rank = 0; rank < k_; ++rank) {
                     const auto place = static_cast<size_t>(rank);
                     const bool exists = rank < part.places && neighbors[place] >= 0;
                     const double filler = values_.missing.value_or(numbers.back());
                     WriteNpyItem(exists ? numbers[place] : filler, file_);
                   }
                 });
  }

  [[nodiscard]] int64_t BytesOfQuery() const override { return k_ * kNpyItemBytes; }

 private:
  int64_t num_queries_;
  int64_t k_;
  NeighborValues values_;
  OutputFile* file_;
};

// The three vectors of compressed rows, in the order of the queries.
class CompressedNpy final : public AnswerTable {
 public:
  CompressedNpy(const AnswerFiles& files, OutputFile* rows, OutputFile* distances,
                OutputFile* offsets)
      : num_queries_(files.num_queries),
        base_(files.base),
        kept_(files.kept),
        rows_(rows),
        distances_(distances),
        offsets_(offsets) {}

  // The headers of other files are written with the first part. It is usually the only one, and then has their size.
  void Begin() override {
    if (kept_) WriteHeaders(0);
  }

  void Continue() override {
    const auto header = static_cast<int64_t>(NpyPreamble(kNpyInt64, 0).size());
    end_ = (rows_->size() - header) / int64_t{sizeof(int64_t)};
    size_in_headers_ = kUnknown;
  }

  void Write(const NeighborsAnswer& part, ProgressBar* progress) override {
    if (!size_in_headers_) WriteHeaders(std::ssize(part.neighbors));
    ForEachQuery(part, kDistances, progress,
                 [&](int64_t, std::span<const int64_t> neighbors, std::span<const double> numbers) {
                   for (const int64_t row : neighbors) {
                     WriteNpyItem(At(part.file_rows, row) + base_, rows_);
                   }
                   for (const double distance : numbers) WriteNpyItem(distance, distances_);
                   end_ += std::ssize(neighbors);
                   WriteNpyItem(end_, offsets_);
                 });
  }

  // Headers of vectors have the same number of bytes for every size.
  void Finish() override {
    if (size_in_headers_ == end_) return;
    rows_->Rewrite(NpyPreamble(kNpyInt64, end_));
    distances_->Rewrite(NpyPreamble(kNpyFloat64, end_));
  }

 private:
  static constexpr int64_t kUnknown = -1;

  void WriteHeaders(int64_t size) {
    size_in_headers_ = size;
    offsets_->Write(NpyPreamble(kNpyInt64, num_queries_ + 1));
    rows_->Write(NpyPreamble(kNpyInt64, size));
    distances_->Write(NpyPreamble(kNpyFloat64, size));
    WriteNpyItem(end_, offsets_);
  }

  int64_t num_queries_;
  int64_t base_;
  bool kept_;
  OutputFile* rows_;
  OutputFile* distances_;
  OutputFile* offsets_;
  std::optional<int64_t> size_in_headers_;
  int64_t end_ = 0;
};

// One value of each query.
class VarianceTable final : public AnswerTable {
 public:
  VarianceTable(const AnswerFiles& files, bool npy, OutputFile* file)
      : npy_(npy),
        has_header_(files.has_header),
        num_queries_(files.num_queries),
        base_(files.base),
        file_(file) {}

  void Begin() override {
    if (npy_) file_->Write(NpyPreamble(kNpyFloat64, num_queries_, 1));
    if (!npy_ && has_header_) file_->Write("query,variance\n");
  }

  void Write(const NeighborsAnswer& part, ProgressBar* /*progress*/) override {
    for (int64_t query = 0; query < part.num_queries; ++query) {
      const double variance = part.variances[static_cast<size_t>(At(part.result_rows, query))];
      if (npy_) {
        WriteNpyItem(variance, file_);
        continue;
      }
      WriteCell(WriteWhole, QueryRow(part, query) + base_, ',', file_);
      WriteCell(WriteReal, variance, '\n', file_);
    }
  }

  [[nodiscard]] int64_t BytesOfQuery() const override { return npy_ ? kNpyItemBytes : 0; }

 private:
  bool npy_;
  bool has_header_;
  int64_t num_queries_;
  int64_t base_;
  OutputFile* file_;
};

}  // namespace

NeighborsAnswer WithoutFile(const Answer& answer) {
  const auto size = static_cast<size_t>(answer.offsets.empty() ? answer.num_queries * answer.places
                                                               : answer.offsets.back());
  NeighborsAnswer written;
  written.num_queries = answer.num_queries;
  written.places = answer.places;
  written.neighbors = std::span(answer.neighbors.get(), size);
  written.distances = std::span(answer.distances.get(), size);
  written.offsets = answer.offsets;
  written.weights = answer.weights;
  written.pick_variances = answer.pick_variances;
  written.variances = answer.variances;
  return written;
}

std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed) {
  if (!IsNpy(output)) return {output};
  if (!compressed) return {output, DistancesFile(output)};
  return {output, DistancesFile(output), OffsetsFile(output)};
}

std::vector<std::string> AllFiles(const AnswerFiles& files) {
  std::vector<std::string> all = NeighborsFiles(files.output, files.compressed);
  for (const std::string& path : {files.weights, files.pick_variances, files.variances}) {
    if (!path.empty()) all.push_back(path);
  }
  return all;
}

bool CanBeShared(const AnswerFiles& files) {
  if (files.compressed) return false;
  const std::vector<std::string> all = AllFiles(files);
  return std::all_of(all.begin(), all.end(),
                     [](const std::string& path) { return IsNpy(path) && IsStaged(path); });
}

void AnswerWriter::AddTables(const AnswerFiles& files, const OpenFile& open_file) {
  const auto open = [&](const std::string& path) {
    files_.push_back(open_file(path));
    return files_.back();
  };
  const auto add_values = [&](const std::string& path, const NeighborValues& values) {
    if (IsNpy(path)) {
      tables_.push_back(std::make_unique<ValueNpy>(files, values, open(path)));
    } else {
      tables_.push_back(std::make_unique<NeighborCsv>(files, values, open(path)));
    }
  };
  if (!IsNpy(files.output)) {
    add_values(files.output, kDistances);
  } else if (files.compressed) {
    OutputFile* const rows = open(files.output);
    OutputFile* const distances = open(DistancesFile(files.output));
    OutputFile* const offsets = open(OffsetsFile(files.output));
    tables_.push_back(std::make_unique<CompressedNpy>(files, rows, distances, offsets));
  } else {
    tables_.push_back(std::make_unique<NeighborNpy>(files, open(files.output)));
    add_values(DistancesFile(files.output), kDistances);
  }
  if (!files.weights.empty()) add_values(files.weights, kWeights);
  if (!files.pick_variances.empty()) add_values(files.pick_variances, kPickVariances);
  if (!files.variances.empty()) {
    tables_.push_back(
        std::make_unique<VarianceTable>(files, IsNpy(files.variances), open(files.variances)));
  }
}

AnswerWriter::AnswerWriter(const AnswerFiles& files, OutputSet* outputs) {
  AddTables(files, [&](const std::string& path) {
    if (files.kept) return &outputs->OpenKept(path);
    if (files.shared) return &outputs->OpenShared(path);
    return &outputs->Open(path, PackingOf(TableFormatOf(path)));
  });
}

AnswerWriter::AnswerWriter(const AnswerFiles& files, const AnswerPlace& place, int64_t queries) {
  AddTables(files, [&](const std::string& path) {
    const size_t i = pieces_.size();
    pieces_.push_back(
        std::make_unique<OutputFile>(path, place.files[i], queries * place.query_bytes[i]));
    return pieces_.back().get();
  });
}

AnswerWriter::~AnswerWriter() = default;

void AnswerWriter::Begin() {
  for (const auto& table : tables_) table->Begin();
}

void AnswerWriter::Continue(std::span<const std::vector<FilePart>> parts) {
  for (size_t i = 0; i < files_.size(); ++i) {
    std::vector<FilePart> of_file;
    for (const std::vector<FilePart>& part : parts) of_file.push_back(part[i]);
    files_[i]->Continue(of_file);
  }
  if (parts.empty()) {
    Begin();
    return;
  }
  for (const auto& table : tables_) table->Continue();
}

std::vector<FilePart> AnswerWriter::Sync() {
  std::vector<FilePart> parts;
  for (OutputFile* file : files_) parts.push_back(file->Sync());
  return parts;
}

AnswerPlace AnswerWriter::Place() {
  AnswerPlace place;
  for (OutputFile* file : files_) place.files.push_back(file->Place());
  // Each table of shared files has one.
  for (const auto& table : tables_) place.query_bytes.push_back(table->BytesOfQuery());
  return place;
}

void AnswerWriter::Skip(std::span<const FilePart> parts) {
  for (size_t i = 0; i < files_.size(); ++i) files_[i]->Skip(parts[i]);
}

void AnswerWriter::Write(const NeighborsAnswer& part, ProgressBar* progress) {
  for (const auto& table : tables_) table->Write(part, progress);
}

void AnswerWriter::Finish() {
  for (const auto& table : tables_) table->Finish();
}

}  // namespace residual_knn::cli
