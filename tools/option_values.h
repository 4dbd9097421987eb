// Options whose values are numbers or one of several words: CLI11 hands over the text, it is read
// the same in every locale, and errors name the option, the value and what is allowed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace residual_knn::cli {

// What a real number must be besides finite.
enum class Sign { kPositive, kNotNegative };

CLI::Option* AddReal(CLI::App& app, const std::string& name, Sign sign, double* value,
                     const std::string& help);

// X,X,...
CLI::Option* AddReals(CLI::App& app, const std::string& name, Sign sign,
                      std::vector<double>* values, const std::string& help);

CLI::Option* AddWhole(CLI::App& app, const std::string& name, int64_t least, int64_t most,
                      int64_t* value, const std::string& help);

CLI::Option* AddUnsigned(CLI::App& app, const std::string& name, uint64_t* value,
                         const std::string& help);

// NAME,NAME,... split as a line of CSV; no name empty. The empty text is an empty list.
CLI::Option* AddNames(CLI::App& app, const std::string& name,
                      std::optional<std::vector<std::string>>* values, const std::string& help);

// The same, but at least one name.
CLI::Option* AddNames(CLI::App& app, const std::string& name, std::vector<std::string>* values,
                      const std::string& help);

// The name of a file; not empty.
CLI::Option* AddPath(CLI::App& app, const std::string& name, std::string* value,
                     const std::string& help);

// A word and the constant that it stands for.
struct Choice {
  const char* word;
  int32_t value;
};

CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::span<const Choice> choices,
                       int32_t* value, const std::string& help);

// The word for a value among the choices.
std::string ChoiceWord(std::span<const Choice> choices, int32_t value);

}  // namespace residual_knn::cli
