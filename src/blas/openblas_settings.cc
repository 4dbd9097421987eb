// What OpenBLAS asks its environment for when it is loaded. The private copy takes these functions from here and not
// from its archive, so that no variable changes it and no pool of threads is ever started.
#ifdef RESIDUAL_KNN_PRIVATE_BLAS

extern "C" {
void openblas_read_env(void) {}
int openblas_verbose(void) { return 0; }
unsigned int openblas_thread_timeout(void) { return 0; }
int openblas_block_factor(void) { return 0; }
int openblas_num_threads_env(void) { return 1; }
int openblas_goto_num_threads_env(void) { return 0; }
int openblas_omp_num_threads_env(void) { return 0; }
int openblas_omp_adaptive_env(void) { return 0; }
}

#endif
