// Quadruple precision for references, with the functions of the GNU C library.
#pragma once

#include <math.h>

#include <cfloat>

namespace residual_knn_test {

#if LDBL_MANT_DIG == 113  // aarch64
using Quad = long double;
#else
__extension__ typedef __float128 Quad;
#endif

}  // namespace residual_knn_test

#ifdef __clang__
// The header of the C library declares these for GCC alone.
extern "C" {
residual_knn_test::Quad fabsf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad sqrtf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad expf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad logf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad log1pf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad coshf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad sinhf128(residual_knn_test::Quad x) noexcept;
residual_knn_test::Quad lgammaf128(residual_knn_test::Quad x) noexcept;
}
#endif

namespace residual_knn_test {

// Since GCC 13, the functions have a type of their own of the same values.
inline Quad Abs(Quad x) { return static_cast<Quad>(fabsf128(x)); }
inline Quad Sqrt(Quad x) { return static_cast<Quad>(sqrtf128(x)); }
inline Quad Exp(Quad x) { return static_cast<Quad>(expf128(x)); }
inline Quad Log(Quad x) { return static_cast<Quad>(logf128(x)); }
inline Quad Log1p(Quad x) { return static_cast<Quad>(log1pf128(x)); }
inline Quad Cosh(Quad x) { return static_cast<Quad>(coshf128(x)); }
inline Quad Sinh(Quad x) { return static_cast<Quad>(sinhf128(x)); }
inline Quad LogGamma(Quad x) { return static_cast<Quad>(lgammaf128(x)); }

}  // namespace residual_knn_test
