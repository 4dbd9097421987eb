// Functions from which OpenBLAS gets its settings, threads and memory. The private copy of OpenBLAS is linked with
// these instead of two members of its archive, openblas_env.o and memory.o. Those would read environment variables,
// start a pool of threads when loaded, register handlers of fork, and, if there is no work buffer, print a message or
// retry for ever.
#include "blas/openblas_host.h"

#ifdef RESIDUAL_KNN_PRIVATE_BLAS

#include <cblas.h>

#include <string_view>

#include "blas/work_buffer.h"

extern "C" {

// Defined in OpenBLAS's dynamic.o: chooses the kernels for this processor, unless they are already chosen. The
// environment variable OPENBLAS_CORETYPE overrides the choice. Answers do not depend on it.
void gotoblas_dynamic_init(void);

// The linker's option --wrap sends calls of getenv in this library to __wrap_getenv, and calls of __real_getenv to
// getenv of the C library.
char* __real_getenv(const char* name);  // NOLINT(bugprone-reserved-identifier): the linker's names
char* __wrap_getenv(const char* name);  // NOLINT(bugprone-reserved-identifier)

// The chosen kernels. All of OpenBLAS uses them.
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

// The text that dynamic.o reads in place of the variable. Set only while the library is being loaded.
constinit const char* chosen_core = nullptr;

// The best kernels of OpenBLAS for the instructions that the processor has. For processors that OpenBLAS does not
// know by name.
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
  // An OpenBLAS that is older than the processor chooses the kernels of a processor of 2004, whose products are
  // several times slower.
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
