#include "tools/neighbors_output.h"

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
namespace {

constexpr std::string_view kNpyEnd = ".npy";

// The name of a second .npy file.
std::string FileBeside(const std::string& output, const char* what) {
  const size_t stem = output.size() - kNpyEnd.size();
  return output.substr(0, stem) + "." + what + output.substr(stem);
}

std::string DistancesFile(const std::string& output) { return FileBeside(output, "distances"); }
std::string OffsetsFile(const std::string& output) { return FileBeside(output, "offsets"); }

// What is written of each neighbor besides its row.
struct NeighborValues {
  std::string_view name;           // the column of CSV
  std::span<const double> values;  // num_queries x places, as the neighbors
  // In places of .npy without a neighbor; without it, the last value of the query.
  std::optional<double> missing;
};

NeighborValues DistancesOf(const NeighborsAnswer& answer) {
  return {"distance", answer.distances, std::numeric_limits<double>::infinity()};
}

// Calls write(query, its neighbors, their values) for each query. `progress` may be null.
template <typename Write>
void ForEachQuery(const NeighborsAnswer& answer, const NeighborValues& values,
                  ProgressBar* progress, const Write& write) {
  constexpr int64_t kQueriesPerUpdate = 1024;
  for (int64_t query = 0; query < answer.num_queries; ++query) {
    const auto row = static_cast<size_t>(At(answer.result_rows, query));
    auto places = static_cast<size_t>(answer.places);
    size_t start = row * places;
    if (!answer.offsets.empty()) {
      start = static_cast<size_t>(answer.offsets[row]);
      places = static_cast<size_t>(answer.offsets[row + 1]) - start;
    }
    write(query, answer.neighbors.subspan(start, places), values.values.subspan(start, places));
    if (progress != nullptr && query % kQueriesPerUpdate == 0) {
      progress->Update(query, answer.num_queries);
    }
  }
}

void WriteCsv(const NeighborsAnswer& answer, const NeighborValues& values, int64_t base,
              OutputFile* file, ProgressBar* progress) {
  file->Write("query,rank,neighbor," + std::string(values.name) + "\n");
  ForEachQuery(
      answer, values, progress,
      [&](int64_t query, std::span<const int64_t> neighbors, std::span<const double> numbers) {
        char query_text[kLongestNumber];
        const char* query_end = WriteWhole(At(answer.query_rows, query) + base, query_text);
        const auto query_size = static_cast<size_t>(query_end - query_text);
        for (size_t rank = 0; rank < neighbors.size() && neighbors[rank] >= 0; ++rank) {
          char* const line = file->Room(size_t{4} * (kLongestNumber + 1));
          std::memcpy(line, query_text, query_size);
          char* at = line + query_size;
          *at++ = ',';
          at = WriteWhole(static_cast<int64_t>(rank), at);
          *at++ = ',';
          at = WriteWhole(At(answer.file_rows, neighbors[rank]) + base, at);
          *at++ = ',';
          at = WriteReal(numbers[rank], at);
          *at++ = '\n';
          file->Wrote(static_cast<size_t>(at - line));
        }
      });
}

void WriteNpyNeighbors(const NeighborsAnswer& answer, int64_t base, OutputFile* file,
                       ProgressBar* progress) {
  file->Write(NpyPreamble(kNpyInt64, answer.num_queries, answer.k));
  ForEachQuery(answer, DistancesOf(answer), progress,
               [&](int64_t, std::span<const int64_t> neighbors, std::span<const double>) {
                 for (int64_t rank = 0; rank < answer.k; ++rank) {
                   const int64_t row =
                       rank < answer.places ? neighbors[static_cast<size_t>(rank)] : -1;
                   const int64_t number = row < 0 ? -1 : At(answer.file_rows, row) + base;
                   WriteNpyItem(number, file);
                 }
               });
}

void WriteNpyValues(const NeighborsAnswer& answer, const NeighborValues& values, OutputFile* file,
                    ProgressBar* progress) {
  file->Write(NpyPreamble(kNpyFloat64, answer.num_queries, answer.k));
  ForEachQuery(answer, values, progress,
               [&](int64_t, std::span<const int64_t> neighbors, std::span<const double> numbers) {
                 for (int64_t rank = 0; rank < answer.k; ++rank) {
                   const auto place = static_cast<size_t>(rank);
                   const bool exists = rank < answer.places && neighbors[place] >= 0;
                   const double filler = values.missing.value_or(numbers.back());
                   WriteNpyItem(exists ? numbers[place] : filler, file);
                 }
               });
}

void WriteValues(const NeighborsAnswer& answer, const NeighborValues& values, int64_t base,
                 const std::string& path, OutputSet* outputs) {
  const OutputFormat format = TableFormatOf(path);
  OutputFile& file = outputs->Open(path, PackingOf(format));
  if (format == OutputFormat::kNpy) {
    WriteNpyValues(answer, values, &file, nullptr);
  } else {
    WriteCsv(answer, values, base, &file, nullptr);
  }
}

// The three vectors of compressed rows, in the order of the queries.
void WriteNpyCompressed(const NeighborsAnswer& answer, int64_t base, const std::string& output,
                        OutputSet* outputs, ProgressBar* progress) {
  OutputFile& offsets = outputs->Open(OffsetsFile(output));
  OutputFile& rows = outputs->Open(output);
  OutputFile& distances = outputs->Open(DistancesFile(output));
  offsets.Write(NpyPreamble(kNpyInt64, answer.num_queries + 1));
  rows.Write(NpyPreamble(kNpyInt64, std::ssize(answer.neighbors)));
  distances.Write(NpyPreamble(kNpyFloat64, std::ssize(answer.neighbors)));
  int64_t end = 0;
  WriteNpyItem(end, &offsets);
  ForEachQuery(answer, DistancesOf(answer), progress,
               [&](int64_t, std::span<const int64_t> neighbors, std::span<const double> numbers) {
                 for (const int64_t row : neighbors) {
                   WriteNpyItem(At(answer.file_rows, row) + base, &rows);
                 }
                 for (const double distance : numbers) WriteNpyItem(distance, &distances);
                 end += std::ssize(neighbors);
                 WriteNpyItem(end, &offsets);
               });
}

}  // namespace

std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed) {
  if (TableFormatOf(output) != OutputFormat::kNpy) return {output};
  if (!compressed) return {output, DistancesFile(output)};
  return {output, DistancesFile(output), OffsetsFile(output)};
}

void WriteNeighbors(const NeighborsAnswer& answer, int64_t base, const std::string& output,
                    OutputSet* outputs, ProgressBar* progress) {
  const OutputFormat format = TableFormatOf(output);
  if (format == OutputFormat::kNpy && !answer.offsets.empty()) {
    WriteNpyCompressed(answer, base, output, outputs, progress);
  } else if (format == OutputFormat::kNpy) {
    WriteNpyNeighbors(answer, base, &outputs->Open(output), progress);
    WriteNpyValues(answer, DistancesOf(answer), &outputs->Open(DistancesFile(output)), progress);
  } else {
    WriteCsv(answer, DistancesOf(answer), base, &outputs->Open(output, PackingOf(format)),
             progress);
  }
}

void WriteWeights(const NeighborsAnswer& answer, std::span<const double> weights, int64_t base,
                  const std::string& path, OutputSet* outputs) {
  WriteValues(answer, {"weight", weights, 0}, base, path, outputs);
}

void WritePickVariances(const NeighborsAnswer& answer, std::span<const double> variances,
                        int64_t base, const std::string& path, OutputSet* outputs) {
  WriteValues(answer, {"variance", variances, std::nullopt}, base, path, outputs);
}

void WriteVariances(const NeighborsAnswer& answer, std::span<const double> variances, int64_t base,
                    const std::string& path, OutputSet* outputs) {
  const OutputFormat format = TableFormatOf(path);
  const bool npy = format == OutputFormat::kNpy;
  OutputFile& file = outputs->Open(path, PackingOf(format));
  file.Write(npy ? NpyPreamble(kNpyFloat64, answer.num_queries, 1) : "query,variance\n");
  for (int64_t query = 0; query < answer.num_queries; ++query) {
    const double variance = variances[static_cast<size_t>(At(answer.result_rows, query))];
    if (npy) {
      WriteNpyItem(variance, &file);
      continue;
    }
    WriteCell(WriteWhole, At(answer.query_rows, query) + base, ',', &file);
    WriteCell(WriteReal, variance, '\n', &file);
  }
}

}  // namespace residual_knn::cli
