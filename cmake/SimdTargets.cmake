# Which SIMD targets of Highway are compiled, as the target residual_knn_simd_targets.
add_library(residual_knn_simd_targets INTERFACE)
# Highway omits the target with products of bytes unless it is requested.
target_compile_definitions(residual_knn_simd_targets INTERFACE HWY_WANT_AVX3_DL)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  # See docs/decisions/0032-no-sve.md.
  set(disabled_targets "HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128")
elseif(RESIDUAL_KNN_SANITIZE)
  # Kernels take most of the time of a build with sanitizers. These two targets have the vectors of a target that stays.
  set(disabled_targets "HWY_SSSE3|HWY_AVX3")
else()
  return()
endif()
target_compile_definitions(residual_knn_simd_targets INTERFACE "HWY_DISABLED_TARGETS=(${disabled_targets})")
