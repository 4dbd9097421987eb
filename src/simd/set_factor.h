// The Cholesky factor of a small matrix of correlations, with one right-hand side.
#pragma once

#include <cstdint>

namespace residual_knn {

// Row a of a matrix has the elements a, a + 1, ... of `size` columns, and the right-hand side in column `size`. It begins
// at a * stride; stride is at least size + 8, because whole vectors are read and written.
struct SetMatrix {
  int64_t size = 0;
  int64_t stride = 0;
};

// Writes the rows of U, U'U = C + jitter I, and y = U^-T c to `factor`, and 1 / u_aa to `inverse_roots`. Returns the number
// of pivots before the first that is not above `level`; `size` if there is none. After a failure, the rest is of no use.
int64_t FactorizeSet(const SetMatrix& matrix, const double* correlations, double jitter,
                     double level, double* factor, double* inverse_roots);

// Solves U b = y for the factor. `solution` can be read 8 values beyond the last.
void SolveSet(const SetMatrix& matrix, const double* factor, const double* inverse_roots,
              double* solution);

}  // namespace residual_knn
