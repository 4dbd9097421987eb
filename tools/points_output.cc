#include "tools/points_output.h"

#include <cstddef>
#include <string_view>

#include "tools/csv_cell.h"
#include "tools/npy_format.h"
#include "tools/npy_items.h"
#include "tools/number_text.h"
#include "tools/output_format.h"
#include "tools/point_order.h"

namespace residual_knn::cli {
namespace {

// A CSV cell that reads back as the same text.
std::string CsvText(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted += '"';
}

}  // namespace

void WriteInducing(const IndexQuestion& question, const std::string& path, OutputSet* outputs) {
  const InducingPoints& inducing = question.inducing;
  const auto m = static_cast<size_t>(inducing.m);
  const size_t d = question.inducing_columns.size();
  const OutputFormat format = TableFormatOf(path);
  OutputFile& file = outputs->Open(path, PackingOf(format));
  if (format == OutputFormat::kNpy) {
    file.Write(NpyPreamble(kNpyFloat64, inducing.m, static_cast<int64_t>(d)));
  } else {
    for (size_t c = 0; c < d; ++c) {
      file.Write(CsvText(question.inducing_columns[c]));
      file.Write(c + 1 < d ? "," : "\n");
    }
  }
  for (size_t row = 0; row < m; ++row) {
    for (size_t c = 0; c < d; ++c) {
      const double value = inducing.values[c * m + row];
      if (format == OutputFormat::kNpy) {
        WriteNpyItem(value, &file);
      } else {
        WriteCell(WriteReal, value, c + 1 < d ? ',' : '\n', &file);
      }
    }
  }
}

void WriteOrder(const IndexQuestion& question, int64_t base, const std::string& path,
                OutputSet* outputs) {
  const OutputFormat format = TableFormatOf(path);
  OutputFile& file = outputs->Open(path, PackingOf(format));
  const int64_t n = question.points.n;
  file.Write(format == OutputFormat::kNpy ? NpyPreamble(kNpyInt64, n, 1) : std::string("row\n"));
  for (int64_t place = 0; place < n; ++place) {
    const int64_t number = At(question.written_order, place) + base;
    if (format == OutputFormat::kNpy) {
      WriteNpyItem(number, &file);
    } else {
      WriteCell(WriteWhole, number, '\n', &file);
    }
  }
}

void WriteChoices(const IndexOptions& options, const IndexQuestion& question, OutputSet* outputs) {
  if (!options.write_inducing.empty()) WriteInducing(question, options.write_inducing, outputs);
  if (!options.write_order.empty()) {
    WriteOrder(question, options.base, options.write_order, outputs);
  }
}

}  // namespace residual_knn::cli
