// What OpenBLAS asks of the process that it runs in: settings, threads, memory. The private copy takes these functions
// from here and not from two members of its archive, openblas_env.o and memory.o, which would read variables, start a
// pool of threads when loaded, register with fork, and, where no work buffer can be had, print or try for ever.
#include "blas/openblas_host.h"

#ifdef RESIDUAL_KNN_PRIVATE_BLAS

#include "blas/work_buffer.h"

extern "C" {

// Chooses the kernels for this processor; in OpenBLAS's dynamic.o. OPENBLAS_CORETYPE overrides the choice: answers do
// not depend on it.
void gotoblas_dynamic_init(void);

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

void ChooseKernels() { gotoblas_dynamic_init(); }

}  // namespace residual_knn::blas

#else

namespace residual_knn::blas {

void ChooseKernels() {}

}  // namespace residual_knn::blas

#endif
