// The boundary: no exception crosses it, and each becomes a status with a sentence for last_error.
#pragma once

#include <cfenv>
#include <cstdint>
#include <new>
#include <stdexcept>

#include "base/error.h"

namespace residual_knn {

// Keeps the sentence for residual_knn_last_error on this thread; never fails.
void SetLastError(const char* function, const char* message) noexcept;

// Rounding to nearest, no traps, no flushing of subnormals while a call runs, whatever the host has set;
// threads that start meanwhile inherit it. The host's environment comes back at the end.
class DefaultFloatEnvironment {
 public:
  DefaultFloatEnvironment() {
    std::fegetenv(&host_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~DefaultFloatEnvironment() { std::fesetenv(&host_); }
  DefaultFloatEnvironment(const DefaultFloatEnvironment&) = delete;
  DefaultFloatEnvironment& operator=(const DefaultFloatEnvironment&) = delete;

 private:
  std::fenv_t host_{};
};

// `message_base`: what the sentence counts rows and coordinates from, 0 or 1.
template <class Call>
residual_knn_status Guard(const char* function, int64_t message_base, const Call& call) noexcept {
  const DefaultFloatEnvironment environment;
  try {
    call();
    return RESIDUAL_KNN_OK;
  } catch (const Error& error) {
    SetLastError(function, error.Text(message_base));
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

// For calls without options, whose sentences count nothing.
template <class Call>
residual_knn_status Guard(const char* function, const Call& call) noexcept {
  return Guard(function, 0, call);
}

}  // namespace residual_knn
