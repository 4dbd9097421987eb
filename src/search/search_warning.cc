#include "search/search_warning.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/describe.h"
#include "model/model_warning.h"
#include "model/spread.h"
#include "search/informative_neighbors.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

// The lengthscale is likely the cause if the nearest point is more than kFar lengthscales away, or if all points extend
// over less than kNarrow lengthscales.
constexpr double kFar = 3;
constexpr double kNarrow = 1e-3;
// The inducing points are likely the cause if they leave less than this share of the variance unexplained.
constexpr double kLittle = 1e-4;

std::string Figure(int64_t count, int64_t of, const char* what) {
  return (count == of ? "all " : std::to_string(count) + " of ") + std::to_string(of) + " " + what;
}

std::string DescribeLengthscales(const ResidualModel& model) {
  const std::vector<double>& l = model.scaling().lengthscales;
  const auto [least, largest] = std::minmax_element(l.begin(), l.end());
  if (*least == *largest) return "lengthscale " + Describe(*least);
  return "lengthscales " + Describe(*least) + " to " + Describe(*largest);
}

// Describes what the inducing points explain, and how many points of a sample are inducing points themselves.
std::string DescribeInducing(const ResidualModel& model) {
  constexpr int64_t kMostPoints = 64;
  const ScaledPoints& points = model.points();
  const ScaledPoints& inducing = model.inducing()->points();
  const int64_t count = std::min(model.n(), kMostPoints);
  std::vector<double> location(static_cast<size_t>(model.d()));
  std::vector<double> squares(static_cast<size_t>(model.m()));
  int64_t met = 0;
  for (int64_t i = 0; i < count; ++i) {
    points.CopyPoint(i * model.n() / count, location.data());
    squares.assign(squares.size(), std::numeric_limits<double>::infinity());
    LowerSquaredDistances({inducing.coordinate(0), inducing.stride(), model.d(), model.m()},
                          location.data(), squares.data());
    met += *std::min_element(squares.begin(), squares.end()) == 0 ? 1 : 0;
  }
  std::string text =
      "the inducing points explain nearly all of the variance, so that mostly rounding errors and "
      "the relative jitter of " +
      DescribeRoughly(model.inducing()->jitter_used()) + " remain (the median share of p is " +
      DescribeRoughly(model.share_quantiles()[kShareLevels.size() / 2]) + ")";
  if (2 * met >= count) {
    text += count == model.n() ? ": " : ": in a sample, ";
    text += Figure(met, count, "points are inducing points themselves");
  }
  return text;
}

std::string Cause(const ResidualModel& model, const DoubtfulAnswer& answer) {
  if (model.covariance() == nullptr) return "the points are almost uncorrelated, given V";
  const double spread = SpreadOf(model.points());
  const std::string extent = "extend over " + DescribeRoughly(spread) + " lengthscales (" +
                             DescribeLengthscales(model) + ")";
  const double nearest = answer.nearest_lengthscales;
  if (answer.new_points && nearest > kFar && nearest > spread) {
    return "the new points typically lie " + DescribeRoughly(nearest) +
           " lengthscales from the nearest point of the index, and the points of the index " +
           extent + ": are both in the same units (metres or kilometres)?";
  }
  if (nearest > kFar) {
    return std::string(answer.new_points ? "a new point" : "a point") + " typically lies " +
           DescribeRoughly(nearest) + " lengthscales from the nearest point, and the points " +
           extent + ": are lengthscale and points in the same units (metres or kilometres)?";
  }
  if (spread < kNarrow) {
    return "the points " + extent + ": is the lengthscale far too large, or in different units?";
  }
  if (model.inducing() != nullptr && model.m() > 0 &&
      model.share_quantiles()[kShareLevels.size() / 2] < kLittle) {
    return DescribeInducing(model);
  }
  std::string text = "too few points are near a query";
  if (model.m() > 0) text += ", or the inducing points explain all variance near the queries";
  return text + ": the points " + extent + ", and a query typically lies " +
         DescribeRoughly(nearest) + " lengthscales from the nearest point";
}

std::string DescribeUninformative(const ResidualModel& model, const DoubtfulAnswer& answer) {
  std::string text = answer.queries == 1
                         ? "the query has"
                         : Figure(answer.uninformative, answer.queries, "queries have");
  text +=
      " fewer informative neighbors than requested (for the others, |rho| is below 1.1e-8 or could "
      "be the effect of rounding and jitter alone)";
  if (model.degenerate_points() > 0) {
    text += "; " + Figure(model.degenerate_points(), model.n(), "points are degenerate");
  }
  return text + "; " + Cause(model, answer);
}

}  // namespace

std::string WarningAbout(const ResidualModel& model, const DoubtfulAnswer& answer) {
  std::string text;
  if (answer.coarse.count > 0) {
    text = DescribeCoarse("queries", answer.coarse, answer.queries, 0);
  }
  if (AreMany(answer.uninformative, answer.queries)) {
    if (!text.empty()) text += "; ";
    text += DescribeUninformative(model, answer);
  }
  return text;
}

}  // namespace residual_knn
