#include "tools/csv_options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "tools/cell_location.h"
#include "tools/option_values.h"

namespace residual_knn::cli {
namespace {

constexpr const char* kGroup = "CSV input files";

constexpr std::array<std::pair<const char*, char>, 9> kDelimiterWords = {{
    {"tab", '\t'},
    {"\t", '\t'},
    {"\\t", '\t'},
    {"space", kWhitespace},
    {"whitespace", kWhitespace},
    {" ", kWhitespace},
    {"comma", ','},
    {"semicolon", ';'},
    {"pipe", '|'},
}};

// A single character that is not a letter, a digit, a space or one of `excluded`.
bool IsPunctuation(const std::string& text, std::string_view excluded) {
  return text.size() == 1 && std::ispunct(static_cast<unsigned char>(text[0])) != 0 &&
         excluded.find(text[0]) == std::string_view::npos;
}

char TakeDelimiter(const std::string& option, const std::string& text) {
  for (const auto& [word, delimiter] : kDelimiterWords) {
    if (text == word) return delimiter;
  }
  if (!IsPunctuation(text, "+-.\"'")) {
    ThrowOption(option,
                Quoted(text) +
                    " is not a delimiter: use tab, space (spaces and tabs), or one character "
                    "that does not occur in numbers or quotes, such as ',', ';' or '|'");
  }
  return text[0];
}

char TakeComment(const std::string& option, const std::string& text) {
  if (!IsPunctuation(text, "+-.,\"")) {
    ThrowOption(option, Quoted(text) +
                            " is not a comment character: use one character that cannot begin a "
                            "number, such as '#'");
  }
  return text[0];
}

}  // namespace

void AddCsvOptions(CLI::App& command, CsvOptions* options) {
  AddText(command, "--delimiter", "tab|space|CHAR",
          "Delimiter of the cells: tab; space (any number of spaces\n"
          "and tabs); or a character such as ';'. Default ','",
          [options](const std::string& option, const std::string& text) {
            options->delimiter = TakeDelimiter(option, text);
          })
      ->group(kGroup);
  AddText(command, "--decimal", ".|,",
          "The decimal mark; default '.'. With ',' the default\n"
          "delimiter is ';' (with the delimiter ',', such numbers\n"
          "need quotes)",
          [options](const std::string& option, const std::string& text) {
            if (text != "." && text != ",")
              ThrowOption(option, Quoted(text) + " is not '.' or ','");
            options->decimal = text[0];
          })
      ->group(kGroup);
  AddText(command, "--comment", "CHAR",
          "Skip lines that begin with this character, such as '#';\n"
          "default: none",
          [options](const std::string& option, const std::string& text) {
            options->comment = TakeComment(option, text);
          })
      ->group(kGroup);
  CLI::Option* header = command
                            .add_flag("--header", options->header,
                                      "The first line names the columns, even if it contains\n"
                                      "numbers; by default, numbers in it are an error")
                            ->group(kGroup);
  command
      .add_flag("--no-header", options->no_header,
                "There is no header line; the columns are called\n0, 1, ...")
      ->excludes(header)
      ->group(kGroup);
}

CsvFormat CsvFormatOf(const CsvOptions& options) {
  CsvFormat format;
  format.decimal = options.decimal;
  format.delimiter = options.delimiter.value_or(options.decimal == ',' ? ';' : ',');
  format.comment = options.comment;
  if (options.header) format.header = CsvFormat::Header::kNames;
  if (options.no_header) format.header = CsvFormat::Header::kNone;
  if (format.comment != '\0' && format.comment == format.delimiter) {
    throw CLI::ValidationError("--comment", "is also the delimiter");
  }
  return format;
}

}  // namespace residual_knn::cli
