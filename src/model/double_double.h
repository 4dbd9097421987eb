// Numbers with twice the digits of double, each the unevaluated sum of two doubles (Dekker 1971). Results are the
// same on every machine with IEEE double precision, whatever its long double is. Precision is some 100 bits. The
// range is smaller than that of double: products of numbers beyond 1e290 overflow.
#pragma once

namespace residual_knn {

struct DoubleDouble {
  double high = 0;
  double low = 0;

  DoubleDouble() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): every double is one
  DoubleDouble(double x) : high(x) {}
  DoubleDouble(double h, double l) : high(h), low(l) {}

  [[nodiscard]] double value() const { return high + low; }
};

// The exact sum of two numbers; the first must not be smaller.
inline DoubleDouble QuickTwoSum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

inline DoubleDouble TwoSum(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

// The exact product. Each operand is split into two halves of its digits.
inline DoubleDouble TwoProduct(double a, double b) {
  const auto split = [](double x) {
    const double shifted = 0x1.0000002p27 * x;
    const double high = shifted - (shifted - x);
    return DoubleDouble{high, x - high};
  };
  const DoubleDouble x = split(a);
  const DoubleDouble y = split(b);
  const double product = a * b;
  return {product, ((x.high * y.high - product) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble high = TwoSum(a.high, b.high);
  const DoubleDouble low = TwoSum(a.low, b.low);
  const DoubleDouble sum = QuickTwoSum(high.high, high.low + low.high);
  return QuickTwoSum(sum.high, sum.low + low.low);
}

inline DoubleDouble operator-(DoubleDouble a) { return {-a.high, -a.low}; }
inline DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }

inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const DoubleDouble product = TwoProduct(a.high, b.high);
  return QuickTwoSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double first = a.high / b.high;
  const DoubleDouble rest = a - b * first;
  const double second = rest.high / b.high;
  const double third = (rest - b * second).high / b.high;
  return QuickTwoSum(first, second) + third;
}

// Exact.
inline DoubleDouble TimesPowerOfTwo(DoubleDouble a, double power) {
  return {a.high * power, a.low * power};
}

}  // namespace residual_knn
