// Tables of calls with bad input. A row changes a valid call. It says which status the changed call must return, and
// what its error text must contain. Rows with the status kOk are the valid values next to the bad ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "residual_knn.h"

namespace residual_knn_test {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kHuge = int64_t{1} << 62;

constexpr residual_knn_status kOk = RESIDUAL_KNN_OK;
constexpr residual_knn_status kInvalid = RESIDUAL_KNN_ERROR_INVALID_ARGUMENT;
constexpr residual_knn_status kUnsupported = RESIDUAL_KNN_ERROR_UNSUPPORTED;

// A bad value and its text in error texts.
struct BadValue {
  double value;
  const char* text;
};
inline constexpr BadValue kNotFinite[] = {{kNan, "nan"}, {kInf, "inf"}, {-kInf, "-inf"}};
// Where 0 is valid.
inline constexpr BadValue kNegative[] = {
    {kNan, "nan"}, {kInf, "inf"}, {-kInf, "-inf"}, {-1, "-1"}, {-1e-300, "-1e-300"}};
// Where only positive values are valid.
inline constexpr BadValue kNotPositive[] = {{kNan, "nan"}, {kInf, "inf"},        {-kInf, "-inf"},
                                            {-1, "-1"},    {-1e-300, "-1e-300"}, {0, "0"},
                                            {-0.0, "-0"}};

// A row of a table. Arguments are the arguments of all functions that the table is about.
template <class Arguments>
struct BadInputCase {
  using Change = std::function<void(Arguments&)>;
  using ChangeToValue = std::function<void(Arguments&, double)>;

  BadInputCase(const char* row_name, uint32_t row_calls, const Change& row_change,
               residual_knn_status row_status, const char* row_phrase = "")
      : name(row_name),
        calls(row_calls),
        change([row_change](Arguments& arguments, double /*value*/) { row_change(arguments); }),
        status(row_status),
        phrase(row_phrase) {}

  // Each of the values is a case of its own. Its error text must contain the phrase, " is " and the text of the value.
  BadInputCase(const char* row_name, uint32_t row_calls, std::span<const BadValue> row_values,
               ChangeToValue row_change, residual_knn_status row_status, const char* row_phrase)
      : name(row_name),
        calls(row_calls),
        values(row_values),
        change(std::move(row_change)),
        status(row_status),
        phrase(row_phrase) {}

  const char* name;
  uint32_t calls;  // a bit for each call that the row is made for
  std::span<const BadValue> values;
  ChangeToValue change;
  residual_knn_status status;
  const char* phrase;  // whole words that the error text must contain
};

// What a call did.
struct Outcome {
  residual_knn_status status;
  std::string message;  // residual_knn_last_error() after the call
  std::string fault;    // what else was wrong, such as an output that a failed call touched
};

// The outcome of the last call. A failed call must leave its outputs untouched.
Outcome OutcomeOf(residual_knn_status status, bool untouched);

// A progress callback that cancels.
inline int32_t Cancel(void*, int64_t, int64_t) { return 1; }

// Counts the calls of a table and compares their outcomes.
class BadInputCheck {
 public:
  // Prints the name of the case if its outcome is not as expected.
  void Compare(const std::string& name, residual_knn_status status, const std::string& phrase,
               const Outcome& outcome);
  void RowFails(const std::string& name, const std::string& reason);
  // Prints the counts. Returns whether nothing failed.
  [[nodiscard]] bool Finish() const;

 private:
  int64_t bad_ = 0;
  int64_t good_ = 0;
  bool holds_ = true;
};

// Makes all calls of a table. `call_names[i]` is the name of the call of bit i. make_call(bit, change) applies `change`
// to valid arguments, makes that call with them, and returns its Outcome.
template <class Arguments, class MakeCall>
bool CasesHold(const std::vector<BadInputCase<Arguments>>& table,
               const std::vector<std::string>& call_names, const MakeCall& make_call) {
  constexpr BadValue kNoValue[] = {{0, ""}};
  BadInputCheck check;
  for (const BadInputCase<Arguments>& row : table) {
    if (row.calls == 0 || (row.calls >> call_names.size()) != 0) {
      check.RowFails(row.name, "its calls do not exist");
    }
    const bool has_values = !row.values.empty();
    for (const BadValue& bad : has_values ? row.values : std::span<const BadValue>(kNoValue)) {
      const std::string name = row.name + (has_values ? std::string(" ") + bad.text : "");
      const std::string phrase = row.phrase + (has_values ? std::string(" is ") + bad.text : "");
      for (size_t i = 0; i < call_names.size(); ++i) {
        const uint32_t bit = uint32_t{1} << i;
        if ((row.calls & bit) == 0) continue;
        const Outcome outcome =
            make_call(bit, [&](Arguments& arguments) { row.change(arguments, bad.value); });
        check.Compare(call_names[i] + ", " + name, row.status, phrase, outcome);
      }
    }
  }
  return check.Finish();
}

// The same for calls whose valid arguments are Arguments(): make_call(bit, arguments).
template <class Arguments, class MakeCall>
bool ChangedCallsHold(const std::vector<BadInputCase<Arguments>>& table,
                      const std::vector<std::string>& call_names, const MakeCall& make_call) {
  return CasesHold(table, call_names, [&](uint32_t bit, const auto& change) {
    Arguments arguments;
    change(arguments);
    return make_call(bit, arguments);
  });
}

}  // namespace residual_knn_test
