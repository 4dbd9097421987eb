#include "tools/answer_tables.h"

#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "tools/csv_cell.h"
#include "tools/npy_format.h"
#include "tools/npy_items.h"
#include "tools/number_text.h"
#include "tools/output_format.h"
#include "tools/point_order.h"

namespace residual_knn::cli {

namespace {

// The number of a query in the file.
int64_t QueryRow(const WrittenAnswer& part, int64_t query) {
  return part.query_rows.empty() ? part.first_query + query : At(part.query_rows, query);
}

// What is written of each neighbor besides its row.
struct NeighborValues {
  std::string_view name;  // the column of CSV
  std::span<const double> WrittenAnswer::*values;
  // In places of .npy without a neighbor; without it, the last value of the query.
  std::optional<double> missing;
};

constexpr NeighborValues kDistances = {"distance", &WrittenAnswer::distances,
                                       std::numeric_limits<double>::infinity()};
constexpr NeighborValues kWeights = {"weight", &WrittenAnswer::weights, 0};
constexpr NeighborValues kPickVariances = {"variance", &WrittenAnswer::pick_variances,
                                           std::nullopt};

// Calls write(query, its neighbors, their values) for each query. `progress` may be null.
template <typename Write>
void ForEachQuery(const WrittenAnswer& part, const NeighborValues& values, ProgressBar* progress,
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

  void Write(const WrittenAnswer& part, ProgressBar* progress) override {
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

  void Write(const WrittenAnswer& part, ProgressBar* progress) override {
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

  void Write(const WrittenAnswer& part, ProgressBar* progress) override {
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

  void Write(const WrittenAnswer& part, ProgressBar* progress) override {
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
  VarianceTable(const AnswerFiles& files, OutputFile* file)
      : npy_(IsNpyName(files.variances)),
        has_header_(files.has_header),
        num_queries_(files.num_queries),
        base_(files.base),
        file_(file) {}

  void Begin() override {
    if (npy_) file_->Write(NpyPreamble(kNpyFloat64, num_queries_, 1));
    if (!npy_ && has_header_) file_->Write("query,variance\n");
  }

  void Write(const WrittenAnswer& part, ProgressBar* /*progress*/) override {
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

std::vector<std::unique_ptr<AnswerTable>> MakeTables(const AnswerFiles& files,
                                                     const OpenFile& open) {
  std::vector<std::unique_ptr<AnswerTable>> tables;
  const auto add_values = [&](const std::string& path, const NeighborValues& values) {
    if (IsNpyName(path)) {
      tables.push_back(std::make_unique<ValueNpy>(files, values, open(path)));
    } else {
      tables.push_back(std::make_unique<NeighborCsv>(files, values, open(path)));
    }
  };
  const std::vector<std::string> paths = NeighborsFiles(files.output, files.compressed);
  if (paths.size() == 1) {
    add_values(paths[0], kDistances);
  } else if (files.compressed) {
    OutputFile* const rows = open(paths[0]);
    OutputFile* const distances = open(paths[1]);
    OutputFile* const offsets = open(paths[2]);
    tables.push_back(std::make_unique<CompressedNpy>(files, rows, distances, offsets));
  } else {
    tables.push_back(std::make_unique<NeighborNpy>(files, open(paths[0])));
    add_values(paths[1], kDistances);
  }
  if (!files.weights.empty()) add_values(files.weights, kWeights);
  if (!files.pick_variances.empty()) add_values(files.pick_variances, kPickVariances);
  if (!files.variances.empty()) {
    tables.push_back(std::make_unique<VarianceTable>(files, open(files.variances)));
  }
  return tables;
}

}  // namespace residual_knn::cli
