#include "blas/work_buffer.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

namespace residual_knn::blas {

#ifdef RESIDUAL_KNN_PRIVATE_BLAS
namespace {

// OpenBLAS's BUFFER_SIZE on processors of 64 bits. This is address space; a product touches a few MiB of it.
constexpr size_t kBytes = size_t{128} << 20;

void* Map() {
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

// Buffers that no thread holds. They are kept because their pages are already in memory. There is no lock: a child
// process that is forked while another thread holds the lock would wait for ever. Without a lock the child only loses
// the buffers that other threads hold.
class IdleBuffers {
 public:
  ~IdleBuffers() {
    while (void* buffer = Take()) munmap(buffer, kBytes);
  }

  // Null if there is none.
  void* Take() {
    for (std::atomic<void*>& place : places_) {
      if (place.load(std::memory_order_relaxed) == nullptr) continue;
      if (void* buffer = place.exchange(nullptr, std::memory_order_acquire)) return buffer;
    }
    return nullptr;
  }

  void Put(void* buffer) {
    for (std::atomic<void*>& place : places_) {
      void* none = nullptr;
      if (place.compare_exchange_strong(none, buffer, std::memory_order_release,
                                        std::memory_order_relaxed)) {
        return;
      }
    }
    munmap(buffer, kBytes);
  }

 private:
  std::array<std::atomic<void*>, 32> places_{};
};

IdleBuffers idle;
thread_local void* held = nullptr;

}  // namespace

WorkBuffer::WorkBuffer() {
  held = idle.Take();
  if (held == nullptr) held = Map();
}

WorkBuffer::~WorkBuffer() {
  idle.Put(held);
  held = nullptr;
}

void* WorkBuffer::Held() { return held; }

#else

WorkBuffer::WorkBuffer() = default;
WorkBuffer::~WorkBuffer() = default;
void* WorkBuffer::Held() { return nullptr; }

#endif

}  // namespace residual_knn::blas
