// The memory that a product of OpenBLAS works in.
#pragma once

namespace residual_knn::blas {

// The thread that computes a product holds a buffer during the product. The constructor throws std::bad_alloc if
// there is no memory, because OpenBLAS itself cannot report that. A shared OpenBLAS has buffers of its own; then this
// class does nothing.
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
