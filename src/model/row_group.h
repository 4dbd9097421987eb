// Some rows of a model side by side, and their residual correlations with one of them or with another point.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/factor_rows.h"
#include "model/residual_model.h"

namespace residual_knn {

// A point that need not be a row of the model.
struct PointView {
  const double* v = nullptr;      // V, m values
  const double* point = nullptr;  // scaled coordinates, d values
  double inverse_deviation = 0;   // 1 / sqrt(p)
  int64_t callback_row = 0;       // its number for the covariance callback
};

class RowGroup {
 public:
  // What is computed: rho, or R. For R, every inverse deviation counts as 1, that of a PointView included.
  enum class Scale { kCorrelation, kCovariance };

  explicit RowGroup(const ResidualModel& model, Scale scale = Scale::kCorrelation)
      : model_(model), scale_(scale), factor_rows_(model) {}

  // Rows of the model; `rows` must outlive their use here. See FactorRows::Get for `pace`.
  void Load(std::span<const int64_t> rows, Pace* pace = nullptr);

  [[nodiscard]] int64_t m() const { return model_.m(); }
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  [[nodiscard]] std::span<const int64_t> rows() const { return rows_; }
  [[nodiscard]] int64_t row(int64_t j) const { return rows_[j]; }
  // V of member j.
  [[nodiscard]] const double* v(int64_t j) const { return v_.base + v_.places[j] * model_.m(); }
  // out[a * stride + j] = left[a] . V of member j, with the bits of DotRowsWithEach.
  void Products(std::span<const double* const> left, double* out, int64_t stride) const;
  // 1 / sqrt(p), 0 for degenerate points.
  [[nodiscard]] double inverse_deviation(int64_t j) const { return inverse_deviations_[j]; }

  // Correlations writes up to this many values beyond the last.
  static constexpr int64_t kSlack = ScaledPoints::kPadding;
  // out[j] = rho of members `member` and j for all j; room for kSlack more.
  void Correlations(int64_t member, double* out);
  // The same from the products V_member . V_j; room for kSlack more in both arrays.
  void CorrelationsFromProducts(int64_t member, const double* products, double* out);
  // out[j] = rho of the point and member j for all j; room for kSlack more.
  void Correlations(const PointView& other, double* out);

  // The upper triangle of the correlations of a point and all members. Row a of TriangleStride(size()) values holds those
  // of the point (a = 0) or of member a - 1 with members a, a + 1, ... The other values of a row are of no use. The
  // products of V are those of DotRowsWithEach, whose bits are not those of the functions above.
  void Triangle(const PointView& point, double* out);
  static constexpr int64_t TriangleStride(int64_t size) { return size + kSlack; }
  static constexpr int64_t TriangleSize(int64_t size) { return size * TriangleStride(size); }
  // The first row of the triangle.
  void TriangleRow(const PointView& point, double* out);

 private:
  [[nodiscard]] PointView Member(int64_t member);
  [[nodiscard]] std::span<const int64_t> places() const { return {v_.places, rows_.size()}; }
  void Scaled(const PointView& other, int64_t first, const double* products, double* out);

  const ResidualModel& model_;
  Scale scale_;
  std::span<const int64_t> rows_;
  FactorRows factor_rows_;
  FactorRows::List v_;  // of the members
  int64_t stride_ = 0;
  std::vector<double> coordinates_;
  std::vector<double> inverse_deviations_;
  std::vector<double> products_;
  std::vector<double> triangle_products_;
  std::vector<const double*> left_;
  std::vector<double> covariances_;
  std::vector<double> point_;
};

}  // namespace residual_knn
