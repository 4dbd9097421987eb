// The memory that a product of OpenBLAS works in.
#pragma once

namespace residual_knn::blas {

// Held during a product by the thread that computes it. Throws std::bad_alloc where there is no memory: inside
// OpenBLAS it would be too late. With a shared OpenBLAS, which has buffers of its own, it does nothing.
class WorkBuffer {
 public:
  WorkBuffer();
  ~WorkBuffer();
  WorkBuffer(const WorkBuffer&) = delete;
  WorkBuffer& operator=(const WorkBuffer&) = delete;

  // The buffer that this thread holds.
  static void* Held();
};

}  // namespace residual_knn::blas
