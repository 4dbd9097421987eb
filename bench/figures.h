// Numbers as text for tables.
#pragma once

#include <cstdint>
#include <string>

namespace residual_knn::bench {

std::string Fixed(double value, int digits);

// Three significant digits.
std::string Short(double value);

// Seconds, ratios and counts with their significant digits and without an exponent.
std::string Figure(double value);

// `part` in percent of `whole`; "-" if `whole` is 0.
std::string Percent(int64_t part, int64_t whole);

std::string PadLeft(const std::string& text, int width);
std::string PadRight(const std::string& text, int width);

}  // namespace residual_knn::bench
