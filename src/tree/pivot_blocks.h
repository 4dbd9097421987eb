// Pivots of the blocks of one tree depth, from which the correlations of a query with a block are bounded.
//
// A few points of a block explain the others: the pivots of a pivoted Cholesky factorization L L' of its residual
// correlation. With feature vectors phi whose products are the correlations (margins.h), a point j of the block has
// coordinates w_j in the span of the pivots' feature vectors, and the unexplained share e_j = |phi_j|^2 - |w_j|^2. A
// query i with coordinates z_i = L^-1 rho(P, i) then satisfies
//
//     |rho_ij| <= |z_i . w_j| + sqrt((|phi_i|^2 - |z_i|^2) e_j)
//
// by Cauchy-Schwarz on the parts outside the span. A second bound holds for all points of the block at once. With e
// the largest e_j, b the largest |phi_j|^2 and a = |phi_i|^2,
//
//     |rho_ij| <= |z_i| sqrt(b - e) + sqrt((a - |z_i|^2) e)     if e a < b (a - |z_i|^2),
//
// since |z| sqrt(b - e') + sqrt((a - |z|^2) e') grows in e' as long as that holds for e'.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "parallel/team.h"
#include "points/space_order.h"
#include "storage/stored_array.h"
#include "tree/block_factor.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

struct PivotBlock {
  int64_t begin = 0;  // positions [begin, end)
  int64_t end = 0;
  int64_t smallest_row = 0;
  int64_t first_pivot = 0;  // among the pivots of all blocks
  int64_t rank = 0;
  int64_t lower = 0;                    // offset of the rank x rank factor
  int64_t points = 0;                   // offset of the kept values of the points
  int64_t stride = 0;                   // from one coordinate of a point to the next
  int64_t roots = 0;                    // offset of sqrt(e_j)
  double unexplained = 0;               // largest e_j
  double largest_total = 1;             // largest |phi_j|^2
  double pivot_inverse_deviations = 0;  // sum of 1 / p over the pivots
  double inflation = 0;                 // sum of 4 / (p q), q the ridges of the pivots
  double quarter_ridge = 0;             // lower bound on a ridge's quarter for couplings
  bool single = false;                  // products may be in single precision
};

// What is kept of each point: its coordinates w, or its coefficients L^-T w, from which coupled blocks are bounded.
enum class Kept { kCoordinates, kCoefficients };

// One level of a tree.
struct LevelOptions {
  int depth = 0;  // the blocks are the nodes of this depth
  double tolerance = 0.3;
  Kept kept = Kept::kCoordinates;
  std::vector<bool> single;  // for each block, whether single precision suffices
};

class PivotBlocks {
 public:
  PivotBlocks() = default;
  PivotBlocks(const ResidualModel& model, const Margins& margins, const SpaceOrder& order,
              const LevelOptions& options, const Workforce& workforce, Monitor& monitor);

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(blocks_.size()); }
  [[nodiscard]] const PivotBlock& operator[](int64_t b) const { return blocks_[b]; }
  [[nodiscard]] int depth() const { return depth_; }
  [[nodiscard]] int64_t num_pivots() const { return num_pivots_; }
  // First pivot of block b; b may be size().
  [[nodiscard]] int64_t FirstPivot(int64_t b) const {
    return b == size() ? num_pivots_ : blocks_[b].first_pivot;
  }
  [[nodiscard]] const int64_t* pivot_rows() const { return pivot_rows_.data(); }
  // V of a pivot; V32 only in single blocks.
  [[nodiscard]] const double* v(int64_t pivot) const { return v_.data() + pivot * m_; }
  [[nodiscard]] const float* v32(int64_t pivot) const { return v32_.data() + pivot * m_; }
  [[nodiscard]] const double* point(int64_t pivot) const { return points_.data() + pivot * d_; }
  // 1 / sqrt(p).
  [[nodiscard]] double inverse_deviation(int64_t pivot) const { return inverse_deviations_[pivot]; }
  [[nodiscard]] const double* lower(const PivotBlock& b) const { return lowers_.data() + b.lower; }
  // rank x stride, readable 64 values beyond.
  [[nodiscard]] const float* kept(const PivotBlock& b) const { return kept_.data() + b.points; }
  [[nodiscard]] const float* roots(const PivotBlock& b) const { return roots_.data() + b.roots; }
  [[nodiscard]] int64_t bytes() const;

  void Save(const IndexWriter& writer) const;
  // The blocks of a level of a tree with this order; the rows of the tree are below `size`. If V in single precision is
  // left out, no block uses it.
  PivotBlocks(const IndexReader& reader, const ResidualModel& model, const SpaceOrder& order,
              Kept kept, int64_t size);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);
  // Sets what follows from the order and from single precision of block b.
  void PlaceBlock(const SpaceOrder& order, int64_t b, bool single, bool coarse, int64_t n);

  // Numbers that the arrays hold for all blocks together.
  struct Totals {
    int64_t lower = 0;
    int64_t kept = 0;
    int64_t roots = 0;
  };
  // Sets the places of the blocks in the arrays, from their ranks and strides.
  Totals PlaceNumbers();
  [[nodiscard]] bool AnySingle() const;

  // Values beyond the last one that are read but have no effect.
  static constexpr int64_t kPadding = 64;

  int64_t m_ = 0;
  int64_t d_ = 0;
  int depth_ = 0;
  int64_t num_pivots_ = 0;
  std::vector<PivotBlock> blocks_;
  StoredArray<int64_t> pivot_rows_;
  StoredDoubles v_;
  StoredFloats v32_;
  StoredDoubles points_;
  StoredDoubles inverse_deviations_;
  StoredDoubles lowers_;
  StoredFloats kept_;
  StoredFloats roots_;
};

// A run: blocks [first, last) of one level, whose pivots take part in one product.
struct BlockRun {
  const PivotBlocks& blocks;
  int64_t first;
  int64_t last;

  [[nodiscard]] int64_t FirstPivot() const { return blocks.FirstPivot(first); }
  [[nodiscard]] int64_t NumPivots() const { return blocks.FirstPivot(last) - FirstPivot(); }
  // Whether single precision suffices for all of them.
  [[nodiscard]] bool Single() const;
};

}  // namespace residual_knn
