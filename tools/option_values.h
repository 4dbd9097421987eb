// Options whose values are numbers or one of several words. CLI11 passes the text, which is read in the same way in
// every locale. Errors name the option, the value and the allowed values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/query_range.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace residual_knn::cli {

// Throws a CLI::ParseError.
[[noreturn]] void ThrowOption(const std::string& option, const std::string& message);

// Adds an option. `take` gets the name of the option for messages, and its text.
CLI::Option* AddText(
    CLI::App& app, const std::string& name, const std::string& type, const std::string& help,
    const std::function<void(const std::string& spoken, const std::string& text)>& take);

// The allowed signs of a real number, which must also be finite.
enum class Sign { kPositive, kNotNegative };

CLI::Option* AddReal(CLI::App& app, const std::string& name, Sign sign, double* value,
                     const std::string& help);

// A number between 0 and 1.
CLI::Option* AddShare(CLI::App& app, const std::string& name, std::optional<double>* value,
                      const std::string& help);

// X,X,...; "auto" gives an empty list.
CLI::Option* AddRealsOrAuto(CLI::App& app, const std::string& name, Sign sign,
                            std::vector<double>* values, const std::string& help);

CLI::Option* AddWhole(CLI::App& app, const std::string& name, int64_t least, int64_t most,
                      int64_t* value, const std::string& help);

// A number of bytes, or of K, M, G or T (powers of 1024), which may have a fraction: 1.5G.
CLI::Option* AddBytes(CLI::App& app, const std::string& name, int64_t* value,
                      const std::string& help);

// I/N, two whole numbers with 1 <= I <= N.
CLI::Option* AddSlice(CLI::App& app, const std::string& name, Slice* slice,
                      const std::string& help);

CLI::Option* AddUnsigned(CLI::App& app, const std::string& name, uint64_t* value,
                         const std::string& help);

// NAME,NAME,..., split like a line of CSV. A name must not be empty. An empty text is an empty list.
CLI::Option* AddNames(CLI::App& app, const std::string& name,
                      std::optional<std::vector<std::string>>* values, const std::string& help);

// The same, but at least one name.
CLI::Option* AddNames(CLI::App& app, const std::string& name, std::vector<std::string>* values,
                      const std::string& help);

// The name of a file, not empty.
CLI::Option* AddPath(CLI::App& app, const std::string& name, std::string* value,
                     const std::string& help);

// A word and the constant that it stands for.
struct Choice {
  const char* word;
  int32_t value;
};

// `others` are words that are not allowed, but used to suggest a choice.
CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::span<const Choice> choices,
                       int32_t* value, const std::string& help,
                       std::span<const Choice> others = {});

// The word for a value among the choices.
std::string ChoiceWord(std::span<const Choice> choices, int32_t value);

}  // namespace residual_knn::cli
