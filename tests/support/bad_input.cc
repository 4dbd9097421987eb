#include "support/bad_input.h"

#include <cstdio>

#include "support/test_run.h"

namespace residual_knn_test {
namespace {

// Whether `phrase` is in the text and neither begins nor ends within a word or a number.
bool ContainsPhrase(const std::string& text, const std::string& phrase) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (size_t at = text.find(phrase); at != std::string::npos; at = text.find(phrase, at + 1)) {
    const bool starts = at == 0 || !is_part(text[at - 1]);
    const size_t end = at + phrase.size();
    if (starts && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

}  // namespace

Outcome OutcomeOf(residual_knn_status status, bool untouched) {
  Outcome outcome{status, residual_knn_last_error(), ""};
  if (status != kOk && !untouched) outcome.fault = "a failed call wrote to an output";
  return outcome;
}

void BadInputCheck::Compare(const std::string& name, residual_knn_status status,
                            const std::string& phrase, const Outcome& outcome) {
  ++(status == kOk ? good_ : bad_);
  if (outcome.status != status) {
    RowFails(name, "status " + std::to_string(outcome.status) + " instead of " +
                       std::to_string(status) +
                       (outcome.status == kOk ? "" : ": " + outcome.message));
  } else if (!outcome.fault.empty()) {
    RowFails(name, outcome.fault);
  } else if (status != kOk && phrase.empty()) {
    RowFails(name, "the table does not say what the error text must contain");
  } else if (status != kOk && !ContainsPhrase(outcome.message, phrase)) {
    RowFails(name, "the error text does not contain \"" + phrase + "\": " + outcome.message);
  }
}

void BadInputCheck::RowFails(const std::string& name, const std::string& reason) {
  holds_ = Fail(name + ": " + reason);
}

bool BadInputCheck::Finish() const {
  std::printf("%lld calls that must fail, %lld that must succeed\n", static_cast<long long>(bad_),
              static_cast<long long>(good_));
  return holds_ && bad_ > 0;
}

}  // namespace residual_knn_test
