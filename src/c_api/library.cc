// Version, SIMD target, BLAS and status texts.
#include "blas/blas.h"
#include "residual_knn.h"
#include "simd/target.h"

namespace {

constexpr int32_t kAbiVersion = 0;

#define RESIDUAL_KNN_TEXT_OF(x) #x
#define RESIDUAL_KNN_TEXT(x) RESIDUAL_KNN_TEXT_OF(x)
constexpr char kVersion[] = RESIDUAL_KNN_TEXT(RESIDUAL_KNN_VERSION_MAJOR) "." RESIDUAL_KNN_TEXT(
    RESIDUAL_KNN_VERSION_MINOR) "." RESIDUAL_KNN_TEXT(RESIDUAL_KNN_VERSION_PATCH);

}  // namespace

const char* residual_knn_version(void) { return kVersion; }

int32_t residual_knn_abi_version(void) { return kAbiVersion; }

const char* residual_knn_simd_target(void) { return residual_knn::SimdTargetName(); }

const char* residual_knn_blas(void) { return residual_knn::blas::Description(); }

const char* residual_knn_status_string(residual_knn_status status) {
  switch (status) {
    case RESIDUAL_KNN_OK:
      return "success";
    case RESIDUAL_KNN_ERROR_INVALID_ARGUMENT:
      return "an argument or an option is wrong";
    case RESIDUAL_KNN_ERROR_OUT_OF_MEMORY:
      return "memory could not be allocated";
    case RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE:
      return "the covariance matrix of the inducing points is not positive definite";
    case RESIDUAL_KNN_ERROR_CANCELLED:
      return "the progress callback cancelled the call";
    case RESIDUAL_KNN_ERROR_CALLBACK:
      return "the covariance callback failed";
    case RESIDUAL_KNN_ERROR_UNSUPPORTED:
      return "the call does not fit this index";
    case RESIDUAL_KNN_ERROR_INTERNAL:
      return "fault of the library";
    default:
      return "unknown status";
  }
}
