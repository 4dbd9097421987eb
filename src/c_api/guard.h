// The boundary: no exception crosses it, and each becomes a status with a sentence for last_error.
#pragma once

#include <new>
#include <stdexcept>

#include "base/error.h"

namespace residual_knn {

// Keeps the sentence for residual_knn_last_error on this thread; never fails.
void SetLastError(const char* function, const char* message) noexcept;

template <class Call>
residual_knn_status Guard(const char* function, const Call& call) noexcept {
  try {
    call();
    return RESIDUAL_KNN_OK;
  } catch (const Error& error) {
    SetLastError(function, error.what());
    return error.status();
  } catch (const std::bad_alloc&) {
    SetLastError(function, "out of memory");
    return RESIDUAL_KNN_ERROR_OUT_OF_MEMORY;
  } catch (const std::length_error&) {  // a vector larger than any memory
    SetLastError(function, "out of memory");
    return RESIDUAL_KNN_ERROR_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    SetLastError(function, error.what());
    return RESIDUAL_KNN_ERROR_INTERNAL;
  } catch (...) {
    SetLastError(function, "unknown exception");
    return RESIDUAL_KNN_ERROR_INTERNAL;
  }
}

}  // namespace residual_knn
