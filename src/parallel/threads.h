// The number of threads of a call. The program and libresidual_knn_mpi use this, too.
#pragma once

namespace residual_knn {

// `requested`; 0: one for each processor on which this process may run (taskset, containers), at least 1.
int ResolveThreads(int requested);

}  // namespace residual_knn
