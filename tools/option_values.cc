#include "tools/option_values.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <stdexcept>

#include "tools/cell_location.h"
#include "tools/csv_scanner.h"
#include "tools/number_text.h"
#include "tools/suggestion.h"

namespace residual_knn::cli {
namespace {

// The name of an option in messages: for "-o,--output", the last name.
std::string SpokenName(const std::string& declared) {
  return declared.substr(declared.rfind(',') + 1);
}

double TakeReal(const std::string& option, const std::string& text, Sign sign) {
  const RealText real = ParseReal(text);
  if (real.fault != nullptr) ThrowOption(option, Quoted(text) + " " + real.fault);
  if (sign == Sign::kPositive && !(real.value > 0)) {
    ThrowOption(option, Quoted(text) + " is not positive");
  }
  if (sign == Sign::kNotNegative && !(real.value >= 0)) {
    ThrowOption(option, Quoted(text) + " is negative");
  }
  return real.value;
}

std::vector<std::string> TakeList(const std::string& option, const std::string& text) {
  try {
    std::vector<std::string> items = SplitCsvLine(text);
    if (items.empty()) ThrowOption(option, "the list is empty");
    return items;
  } catch (const CsvError& error) {
    ThrowOption(option, Quoted(text) + ": " + error.what());
  }
}

std::vector<std::string> TakeNames(const std::string& option, const std::string& text) {
  std::vector<std::string> names = TakeList(option, text);
  for (const std::string& name : names) {
    if (name.empty()) ThrowOption(option, Quoted(text) + " has an empty name");
  }
  return names;
}

// A suggestion for a word that is not a choice.
std::string MeantChoice(const std::string& text, std::span<const Choice> choices,
                        std::span<const Choice> others) {
  for (const Choice& other : others) {
    if (text == other.word)
      return "; did you mean " + Quoted(ChoiceWord(choices, other.value)) + "?";
  }
  std::vector<std::string> known;
  for (const Choice& choice : choices) known.emplace_back(choice.word);
  return DidYouMean(text, known);
}

constexpr double kMostBytes = 0x1p60;

constexpr const char* kNamesType = "NAME[,NAME...]";

}  // namespace

void ThrowOption(const std::string& option, const std::string& message) {
  throw CLI::ValidationError(option, message);
}

CLI::Option* AddText(
    CLI::App& app, const std::string& name, const std::string& type, const std::string& help,
    const std::function<void(const std::string& spoken, const std::string&)>& take) {
  const std::string spoken = SpokenName(name);
  const std::function<void(const std::string&)> callback = [spoken, take](const std::string& text) {
    take(spoken, text);
  };
  return app.add_option_function<std::string>(name, callback, help)->type_name(type);
}

CLI::Option* AddReal(CLI::App& app, const std::string& name, Sign sign, double* value,
                     const std::string& help) {
  return AddText(app, name, "X", help,
                 [sign, value](const std::string& option, const std::string& text) {
                   *value = TakeReal(option, text, sign);
                 });
}

CLI::Option* AddShare(CLI::App& app, const std::string& name, std::optional<double>* value,
                      const std::string& help) {
  return AddText(app, name, "X", help, [value](const std::string& option, const std::string& text) {
    *value = TakeReal(option, text, Sign::kNotNegative);
    if (**value > 1) ThrowOption(option, Quoted(text) + " is more than 1");
  });
}

CLI::Option* AddRealsOrAuto(CLI::App& app, const std::string& name, Sign sign,
                            std::vector<double>* values, const std::string& help) {
  return AddText(app, name, "X[,X...]|auto", help,
                 [sign, values](const std::string& option, const std::string& text) {
                   values->clear();
                   if (text == "auto") return;
                   for (const std::string& item : TakeList(option, text)) {
                     values->push_back(TakeReal(option, item, sign));
                   }
                 });
}

CLI::Option* AddWhole(CLI::App& app, const std::string& name, int64_t least, int64_t most,
                      int64_t* value, const std::string& help) {
  return AddText(app, name, "N", help,
                 [least, most, value](const std::string& option, const std::string& text) {
                   const std::optional<int64_t> whole = ParseWhole(text);
                   if (!whole || *whole < least || *whole > most) {
                     ThrowOption(option, Quoted(text) + " is not a whole number from " +
                                             std::to_string(least) + " to " + std::to_string(most));
                   }
                   *value = *whole;
                 });
}

CLI::Option* AddBytes(CLI::App& app, const std::string& name, int64_t* value,
                      const std::string& help) {
  return AddText(
      app, name, "SIZE", help, [value](const std::string& option, const std::string& text) {
        const std::string units = "KMGT";
        const size_t unit = text.empty() ? std::string::npos : units.find(text.back());
        const bool has_unit = unit != std::string::npos;
        const double number =
            TakeReal(option, has_unit ? text.substr(0, text.size() - 1) : text, Sign::kPositive);
        const double bytes =
            std::floor(std::ldexp(number, has_unit ? 10 * static_cast<int>(unit + 1) : 0));
        if (!(bytes >= 1 && bytes <= kMostBytes)) {
          ThrowOption(option, Quoted(text) + " is no number of bytes that a machine can have");
        }
        *value = static_cast<int64_t>(bytes);
      });
}

CLI::Option* AddSlice(CLI::App& app, const std::string& name, Slice* slice,
                      const std::string& help) {
  return AddText(app, name, "I/N", help,
                 [slice](const std::string& option, const std::string& text) {
                   const size_t slash = std::min(text.find('/'), text.size());
                   const std::optional<int64_t> number = ParseWhole(text.substr(0, slash));
                   const std::optional<int64_t> count =
                       slash == text.size() ? std::nullopt : ParseWhole(text.substr(slash + 1));
                   if (!number || !count || *number < 1 || *number > *count) {
                     ThrowOption(option, Quoted(text) +
                                             " is not I/N, the number of a slice (from 1) and "
                                             "the number of slices, for example 2/4");
                   }
                   *slice = {*number, *count};
                 });
}

CLI::Option* AddUnsigned(CLI::App& app, const std::string& name, uint64_t* value,
                         const std::string& help) {
  return AddText(app, name, "N", help, [value](const std::string& option, const std::string& text) {
    const std::optional<uint64_t> whole = ParseUnsigned(text);
    if (!whole) {
      ThrowOption(option, Quoted(text) + " is not a whole number from 0 to 2^64 - 1");
    }
    *value = *whole;
  });
}

CLI::Option* AddNames(CLI::App& app, const std::string& name,
                      std::optional<std::vector<std::string>>* values, const std::string& help) {
  return AddText(app, name, kNamesType, help,
                 [values](const std::string& option, const std::string& text) {
                   values->emplace();
                   if (!text.empty()) *values = TakeNames(option, text);
                 });
}

CLI::Option* AddNames(CLI::App& app, const std::string& name, std::vector<std::string>* values,
                      const std::string& help) {
  return AddText(app, name, kNamesType, help,
                 [values](const std::string& option, const std::string& text) {
                   *values = TakeNames(option, text);
                 });
}

CLI::Option* AddPath(CLI::App& app, const std::string& name, std::string* value,
                     const std::string& help) {
  return AddText(app, name, "FILE", help,
                 [value](const std::string& option, const std::string& text) {
                   if (text.empty()) ThrowOption(option, "the file name is empty");
                   *value = text;
                 });
}

CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::span<const Choice> choices,
                       int32_t* value, const std::string& help, std::span<const Choice> others) {
  std::string words;
  for (const Choice& choice : choices)
    words += (words.empty() ? "" : "|") + std::string(choice.word);
  return AddText(app, name, words, help, [=](const std::string& option, const std::string& text) {
    for (const Choice& choice : choices) {
      if (text == choice.word) {
        *value = choice.value;
        return;
      }
    }
    ThrowOption(option,
                Quoted(text) + " is not one of " + words + MeantChoice(text, choices, others));
  });
}

std::string ChoiceWord(std::span<const Choice> choices, int32_t value) {
  for (const Choice& choice : choices) {
    if (choice.value == value) return choice.word;
  }
  throw std::logic_error("no word for a choice");
}

}  // namespace residual_knn::cli
