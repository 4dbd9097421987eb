// What OpenBLAS asks of the process that it runs in: settings, threads, memory. The private copy takes these functions
// from here and not from two members of its archive, openblas_env.o and memory.o, which would read variables, start a
// pool of threads when loaded, register with fork, and, where no work buffer can be had, print or try for ever.
#include "blas/openblas_host.h"

#ifdef RESIDUAL_KNN_PRIVATE_BLAS

#include <cblas.h>

#include <string_view>

#include "blas/work_buffer.h"

extern "C" {

// Chooses the kernels for this processor, unless some are chosen; in OpenBLAS's dynamic.o. OPENBLAS_CORETYPE overrides
// the choice: answers do not depend on it.
void gotoblas_dynamic_init(void);

// The linker sends calls of getenv in this library to the second of these, and the first to the C library (--wrap).
char* __real_getenv(const char* name);  // NOLINT(bugprone-reserved-identifier): the linker's names
char* __wrap_getenv(const char* name);  // NOLINT(bugprone-reserved-identifier)

// The kernels chosen, for all of OpenBLAS.
void* gotoblas = nullptr;

int blas_cpu_number = 1;
int blas_num_threads = 1;
int blas_get_cpu_number(void) { return 1; }
int openblas_get_num_procs(void) { return 1; }
int openblas_get_num_threads(void) { return 1; }

void* blas_memory_alloc(int /*position*/) { return residual_knn::blas::WorkBuffer::Held(); }
void blas_memory_free(void* /*buffer*/) {}

void openblas_read_env(void) {}
int openblas_verbose(void) { return 0; }
unsigned int openblas_thread_timeout(void) { return 0; }
int openblas_block_factor(void) { return 0; }
int openblas_num_threads_env(void) { return 1; }
int openblas_goto_num_threads_env(void) { return 0; }
int openblas_omp_num_threads_env(void) { return 0; }
int openblas_omp_adaptive_env(void) { return 0; }
}

namespace residual_knn::blas {
namespace {

constexpr std::string_view kCoreVariable = "OPENBLAS_CORETYPE";

// What dynamic.o reads in place of the variable. Set while the library is loaded only.
constinit const char* chosen_core = nullptr;

// The best kernels in OpenBLAS by what the processor can do, for processors that it does not know by name.
const char* CoreByFeatures() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

}  // namespace

void ChooseKernels() {
  gotoblas_dynamic_init();
  // An OpenBLAS that is older than the processor takes it for one of 2004, whose products are several times slower.
  const bool unknown = std::string_view(openblas_get_corename()) == "Prescott";
  if (!unknown || __real_getenv(kCoreVariable.data()) != nullptr) return;
  chosen_core = CoreByFeatures();
  if (chosen_core == nullptr) return;
  gotoblas = nullptr;
  gotoblas_dynamic_init();
  chosen_core = nullptr;
}

}  // namespace residual_knn::blas

char* __wrap_getenv(const char* name) {  // NOLINT(bugprone-reserved-identifier)
  using residual_knn::blas::chosen_core;
  if (chosen_core != nullptr && name == residual_knn::blas::kCoreVariable) {
    return const_cast<char*>(chosen_core);
  }
  return __real_getenv(name);
}

#else

namespace residual_knn::blas {

void ChooseKernels() {}

}  // namespace residual_knn::blas

#endif
