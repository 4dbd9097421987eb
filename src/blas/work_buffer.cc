#include "blas/work_buffer.h"

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <new>
#include <semaphore>

namespace residual_knn::blas {
namespace {

// OpenBLAS has a table of work buffers with room for the threads it was built for (64 in Debian); with more
// callers at once it prints a warning and allocates more. Later callers wait for their turn instead.
constexpr int kCallersAtOnce = 32;
// What it maps for one on processors of 64 bits, all of it address space and little of it ever touched.
constexpr size_t kBufferBytes = size_t{128} << 20;

bool CanMap(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  munmap(memory, bytes);
  return true;
}

// No mutex: a child that is forked while another thread holds one would wait for ever.
struct Callers {
  std::counting_semaphore<kCallersAtOnce> places{kCallersAtOnce};
  std::atomic<int> inside{0};
  std::atomic<int> mapped{0};  // buffers that OpenBLAS must have by now; it keeps them
};

Callers& TheCallers() {
  static Callers callers;
  return callers;
}

}  // namespace

// Where it cannot map a buffer, OpenBLAS tries again for ever: a limit of the address space would hang the host.
WorkBuffer::WorkBuffer() {
  Callers& callers = TheCallers();
  callers.places.acquire();
  number_ = ++callers.inside;
  const int missing = number_ - callers.mapped;
  if (missing > 0 && !CanMap(static_cast<size_t>(missing) * kBufferBytes)) {
    --callers.inside;
    callers.places.release();
    throw std::bad_alloc();
  }
}

WorkBuffer::~WorkBuffer() {
  Callers& callers = TheCallers();
  int mapped = callers.mapped;
  while (mapped < number_ && !callers.mapped.compare_exchange_weak(mapped, number_)) {
  }
  --callers.inside;
  callers.places.release();
}

}  // namespace residual_knn::blas
