#include "tools/neighbors_output.h"

#include <cstring>
#include <limits>

#include "tools/npy_format.h"
#include "tools/npy_items.h"
#include "tools/number_text.h"
#include "tools/output_format.h"

namespace residual_knn::cli {
namespace {

constexpr std::string_view kNpyEnd = ".npy";

std::string DistancesFile(const std::string& output) {
  const size_t stem = output.size() - kNpyEnd.size();
  return output.substr(0, stem) + ".distances" + output.substr(stem);
}

int64_t At(std::span<const int64_t> numbers, int64_t i) {
  return numbers.empty() ? i : numbers[static_cast<size_t>(i)];
}

// Calls write(query, its neighbors, its distances) for each query.
template <typename Write>
void ForEachQuery(const NeighborsAnswer& answer, ProgressBar* progress, const Write& write) {
  constexpr int64_t kQueriesPerUpdate = 1024;
  const auto places = static_cast<size_t>(answer.places);
  for (int64_t query = 0; query < answer.num_queries; ++query) {
    const size_t start = static_cast<size_t>(At(answer.result_rows, query)) * places;
    write(query, answer.neighbors.subspan(start, places), answer.distances.subspan(start, places));
    if (query % kQueriesPerUpdate == 0) progress->Update(query, answer.num_queries);
  }
}

void WriteCsv(const NeighborsAnswer& answer, int64_t base, OutputFile* file,
              ProgressBar* progress) {
  file->Write("query,rank,neighbor,distance\n");
  ForEachQuery(
      answer, progress,
      [&](int64_t query, std::span<const int64_t> neighbors, std::span<const double> distances) {
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
          at = WriteReal(distances[rank], at);
          *at++ = '\n';
          file->Wrote(static_cast<size_t>(at - line));
        }
      });
}

void WriteNpyNeighbors(const NeighborsAnswer& answer, int64_t base, OutputFile* file,
                       ProgressBar* progress) {
  file->Write(NpyPreamble(kNpyInt64, answer.num_queries, answer.k));
  ForEachQuery(
      answer, progress, [&](int64_t, std::span<const int64_t> neighbors, std::span<const double>) {
        for (int64_t rank = 0; rank < answer.k; ++rank) {
          const int64_t row = rank < answer.places ? neighbors[static_cast<size_t>(rank)] : -1;
          const int64_t number = row < 0 ? -1 : At(answer.file_rows, row) + base;
          WriteNpyItem(number, file);
        }
      });
}

void WriteNpyDistances(const NeighborsAnswer& answer, OutputFile* file, ProgressBar* progress) {
  file->Write(NpyPreamble(kNpyFloat64, answer.num_queries, answer.k));
  ForEachQuery(
      answer, progress, [&](int64_t, std::span<const int64_t>, std::span<const double> distances) {
        for (int64_t rank = 0; rank < answer.k; ++rank) {
          const double distance = rank < answer.places ? distances[static_cast<size_t>(rank)]
                                                       : std::numeric_limits<double>::infinity();
          WriteNpyItem(distance, file);
        }
      });
}

}  // namespace

std::vector<std::string> NeighborsFiles(const std::string& output) {
  if (TableFormatOf(output) == OutputFormat::kNpy) return {output, DistancesFile(output)};
  return {output};
}

void WriteNeighbors(const NeighborsAnswer& answer, int64_t base, const std::string& output,
                    OutputSet* outputs, ProgressBar* progress) {
  const OutputFormat format = TableFormatOf(output);
  if (format == OutputFormat::kNpy) {
    WriteNpyNeighbors(answer, base, &outputs->Open(output), progress);
    WriteNpyDistances(answer, &outputs->Open(DistancesFile(output)), progress);
  } else {
    WriteCsv(answer, base, &outputs->Open(output, PackingOf(format)), progress);
  }
}

}  // namespace residual_knn::cli
