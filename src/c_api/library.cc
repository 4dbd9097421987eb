// Version, SIMD target, BLAS, and the texts of status codes, strategies and reasons.
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
      return "a covariance matrix is not positive definite: that of the inducing points, or "
             "that of a query and its set";
    case RESIDUAL_KNN_ERROR_CANCELLED:
      return "the progress callback or the sink cancelled the call";
    case RESIDUAL_KNN_ERROR_CALLBACK:
      return "the covariance callback failed";
    case RESIDUAL_KNN_ERROR_UNSUPPORTED:
      return "the call does not fit this index";
    case RESIDUAL_KNN_ERROR_INTERNAL:
      return "internal error of the library";
    case RESIDUAL_KNN_ERROR_FILE:
      return "a file cannot be opened, read, written or renamed";
    case RESIDUAL_KNN_ERROR_NOT_AN_INDEX:
      return "the file is not a saved index";
    case RESIDUAL_KNN_ERROR_CORRUPT:
      return "the saved index is damaged or incomplete";
    case RESIDUAL_KNN_ERROR_TOO_NEW:
      return "the saved index needs a newer version of the library";
    case RESIDUAL_KNN_ERROR_OTHER_TARGET:
      return "the saved index was written with another SIMD target or in another byte order";
    default:
      return "unknown status";
  }
}

const char* residual_knn_strategy_name(int32_t strategy) {
  switch (strategy) {
    case RESIDUAL_KNN_AUTOMATIC:
      return "automatic";
    case RESIDUAL_KNN_BRUTE_FORCE:
      return "brute_force";
    case RESIDUAL_KNN_LEVEL_SYNCHRONOUS:
      return "level_synchronous";
    case RESIDUAL_KNN_BEST_FIRST:
      return "best_first";
    case RESIDUAL_KNN_BATCHED_BEST_FIRST:
      return "batched_best_first";
    case RESIDUAL_KNN_DUAL_TREE:
      return "dual_tree";
    default:
      return nullptr;
  }
}

const char* residual_knn_reason_string(int32_t reason) {
  switch (reason) {
    case RESIDUAL_KNN_REASON_REQUESTED:
      return "the caller asked for it";
    case RESIDUAL_KNN_REASON_FEW_PAIRS:
      return "there are too few pairs of a query and a candidate for a tree to save time";
    case RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR:
      return "the error of the caller's V and p is not known (factor_error is 0)";
    case RESIDUAL_KNN_REASON_ROUNDING:
      return "rounding errors may be as large as the residual variances, so no bound holds";
    case RESIDUAL_KNN_REASON_NO_COVER:
      return "the pivots explained too little of the residual variance in a sample of blocks";
    case RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE:
      return "brute force was faster on a timed sample of the queries";
    case RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE:
      return "the tree was faster on a timed sample of the queries, or there were too few queries "
             "for a sample";
    case RESIDUAL_KNN_REASON_REPEATED_POINTS:
      return "most rows are duplicates of many earlier rows";
    case RESIDUAL_KNN_REASON_CANDIDATE_LISTS:
      return "the caller gave a list of candidates for each query";
    case RESIDUAL_KNN_REASON_SCALED_DISTANCE:
      return "the ranking by scaled distance searches a k-d tree of the scaled points";
    case RESIDUAL_KNN_REASON_MEMORY_LIMIT:
      return "trees need more memory than max_bytes leaves for them";
    default:
      return "unknown reason";
  }
}
