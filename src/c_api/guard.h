// The boundary of the C interface. No exception crosses it: each becomes a status, with a message for last_error.
#pragma once

#include <cfenv>
#include <cstdint>
#include <new>
#include <stdexcept>

#include "base/error.h"

namespace residual_knn {

// Stores the message for residual_knn_last_error on this thread; never fails.
void SetLastError(const char* function, const char* message) noexcept;

// While a call runs: rounding to nearest, no traps, no flushing of subnormals, whatever the host program has set.
// Threads that start meanwhile inherit this. The destructor restores the environment of the host.
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

// `message_base` is the number from which the message counts rows and coordinates, 0 or 1.
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

// For calls without options, whose messages name no rows or coordinates.
template <class Call>
residual_knn_status Guard(const char* function, const Call& call) noexcept {
  return Guard(function, 0, call);
}

}  // namespace residual_knn
