// OpenBLAS's work buffers, of which it needs one for each caller inside.
#pragma once

namespace residual_knn::blas {

// Held during a product. Waits while too many callers are inside, and throws std::bad_alloc where there is no memory
// for one more.
class WorkBuffer {
 public:
  WorkBuffer();
  ~WorkBuffer();
  WorkBuffer(const WorkBuffer&) = delete;
  WorkBuffer& operator=(const WorkBuffer&) = delete;

 private:
  int number_;  // callers inside when this one had come
};

}  // namespace residual_knn::blas
