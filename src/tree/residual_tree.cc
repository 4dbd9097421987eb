#include "tree/residual_tree.h"

#include <algorithm>
#include <string>
#include <utility>

#include "parallel/parallel_for.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"
#include "tree/correlation_order.h"

namespace residual_knn {
namespace {

// At most this many rows, and at most one row in kLostOneIn, are left outside the tree so that the others can use
// single precision. Each of them costs every query a product.
constexpr int64_t kMostLost = 64;
constexpr int64_t kLostOneIn = 64;
// A block uses double precision if more than one point in kUnfitOneIn does not suit single precision.
constexpr int64_t kUnfitOneIn = 4;
// Couplings of all blocks are kept if they take no more memory than this.
constexpr double kMostCouplingBytes = 256 << 20;
// The same for each point if V is not stored, because memory is short.
constexpr double kCouplingBytesOfPoint = 64;
// Number of positions that one task loads.
constexpr int64_t kLoadBlock = 1024;

// Whether `order` is an order of `rows`, which are all below `size`.
bool IsOrderOf(const SpaceOrder& order, std::span<const int64_t> rows, int64_t size) {
  if (rows.empty() || order.size() != static_cast<int64_t>(rows.size())) return false;
  std::vector<bool> listed(static_cast<size_t>(size));
  for (const int64_t row : rows) listed[row] = true;
  return std::all_of(order.rows().begin(), order.rows().end(),
                     [&](int64_t row) { return row < size && listed[row]; });
}

// See ShapeFor.
constexpr int64_t kMostLevels = 8;

std::string LevelName(size_t level) { return "level/" + std::to_string(level); }

// The coarsest of several levels is coupled.
Kept KeptAt(int level, bool top) {
  return level > 0 && top ? Kept::kCoefficients : Kept::kCoordinates;
}

}  // namespace

ResidualTree::ResidualTree(const ResidualModel& model, int64_t size, const TreeShape& shape,
                           const SpaceOrder& kept, const Workforce& workforce, Monitor& monitor)
    : size_(size), margins_(model) {
  const int threads = workforce.threads;
  std::vector<int64_t> rows = ChooseRows(model);
  monitor.Look();
  if (IsOrderOf(kept, rows, size)) {
    order_ = kept;
  } else if (model.covariance() != nullptr) {
    order_ = SpaceOrder(model.points(), std::move(rows), shape.leaf_size, threads, monitor);
  } else {
    order_ = SpaceOrder(OrderByCorrelation(model, std::move(rows), shape.leaf_size, monitor),
                        shape.leaf_size, monitor);
  }
  monitor.Look();
  positions_.assign(static_cast<size_t>(size), -1);
  Pace pace(monitor);
  for (int64_t p = 0; p < order_.size(); ++p) {
    positions_.own()[order_.rows()[p]] = p;
    pace.Spend(1);
  }
  int t = order_.depth();
  for (int l = 0; l < shape.levels; ++l) {
    const bool top = l == shape.levels - 1 || t == 0;
    const LevelOptions options{t, l == 0 ? shape.leaf_tolerance : shape.coarse_tolerance,
                               KeptAt(l, top), SingleBlocks(model, t)};
    levels_.emplace_back(model, margins_, order_, options, workforce, monitor);
    if (t == 0) break;
    t = std::max(t - shape.shift, 0);
  }
  LoadPoints(model, AnySingleLeaf(), threads, monitor);
  PrepareCouplings(model);
}

bool ResidualTree::AnySingleLeaf() const {
  for (int64_t b = 0; b < leaves().size(); ++b) {
    if (leaves()[b].single) return true;
  }
  return false;
}

double ResidualTree::CouplingBytes(double pivots, double n, double m, bool stores_factor) {
  const double limit = n * (stores_factor ? m * sizeof(double) / 2 : kCouplingBytesOfPoint);
  const double bytes = pivots * pivots * sizeof(float);
  return bytes <= std::min(kMostCouplingBytes, limit) ? bytes : 0;
}

void ResidualTree::PrepareCouplings(const ResidualModel& model) {
  const PivotBlocks& coarse = levels_.back();
  if (levels_.size() < 2 || coarse.num_pivots() == 0) return;
  if (CouplingBytes(static_cast<double>(coarse.num_pivots()), static_cast<double>(model.n()),
                    static_cast<double>(model.m()), model.stores_factor()) == 0) {
    return;
  }
  for (int64_t home = 0; home < coarse.size(); ++home) {
    couplings_.push_back(std::make_unique<Lazy<Coupling>>());
  }
}

const Coupling* ResidualTree::coupling(const ResidualModel& model, int64_t home,
                                       CouplingScratch& scratch, ThreadMonitor monitor) const {
  if (couplings_.empty()) return nullptr;
  return &couplings_[home]->Get(monitor, [&] {
    auto made = std::make_unique<Coupling>();
    Pace pace(monitor);
    made->Compute(model, margins_, levels_.back(), home, scratch, pace);
    return made;
  });
}

std::vector<int64_t> ResidualTree::ChooseRows(const ResidualModel& model) {
  const double* inverse_deviations = model.inverse_deviation();
  const auto lost =
      std::count_if(inverse_deviations, inverse_deviations + size_, [&](double inverse_deviation) {
        return margins_.Fits(inverse_deviation) && margins_.LostToSingle(inverse_deviation);
      });
  const bool for_single = lost <= std::min(size_ / kLostOneIn, kMostLost);
  std::vector<int64_t> rows;
  rows.reserve(static_cast<size_t>(size_));
  for (int64_t row = 0; row < size_; ++row) {
    const bool fits = margins_.Fits(inverse_deviations[row]) &&
                      (!for_single || !margins_.LostToSingle(inverse_deviations[row]));
    (fits ? rows : outside_tree_).push_back(row);
    if (fits)
      largest_inverse_deviation_ = std::max(largest_inverse_deviation_, inverse_deviations[row]);
  }
  return rows;
}

std::vector<bool> ResidualTree::SingleBlocks(const ResidualModel& model, int t) const {
  std::vector<bool> single(size_t{1} << t);
  // Rows that are computed when they are needed stay in double precision.
  if (!model.stores_factor()) return single;
  for (int64_t b = 0; b < static_cast<int64_t>(single.size()); ++b) {
    const auto rows =
        order_.rows().subspan(order_.Begin(t, b), order_.Begin(t, b + 1) - order_.Begin(t, b));
    const auto unfit = std::count_if(rows.begin(), rows.end(), [&](int64_t row) {
      return !margins_.FitsSingle(model.inverse_deviation()[row]);
    });
    const bool lost = std::any_of(rows.begin(), rows.end(), [&](int64_t row) {
      return margins_.LostToSingle(model.inverse_deviation()[row]);
    });
    single[b] = !lost && unfit <= static_cast<int64_t>(rows.size()) / kUnfitOneIn;
  }
  return single;
}

void ResidualTree::LoadPoints(const ResidualModel& model, bool single, int threads,
                              Monitor& monitor) {
  const int64_t n = order_.size();
  const int64_t m = model.m();
  stride_ = n + ScaledPoints::kPadding;
  dimensions_ = model.d();
  coordinates_.assign(static_cast<size_t>(stride_ * dimensions_), 0.0);
  inverse_deviations_.assign(static_cast<size_t>(stride_), 0.0);
  if (single) v32_.resize(static_cast<size_t>(n * m));
  ParallelFor(threads, (n + kLoadBlock - 1) / kLoadBlock, monitor, [&](int64_t block, int) {
    const int64_t end = std::min((block + 1) * kLoadBlock, n);
    for (int64_t p = block * kLoadBlock; p < end; ++p) {
      const int64_t row = order_.rows()[p];
      inverse_deviations_.own()[p] = model.inverse_deviation()[row];
      for (int64_t c = 0; c < dimensions_; ++c) {
        coordinates_.own()[c * stride_ + p] = model.points()(row, c);
      }
      if (single) std::copy_n(model.v(row), m, v32_.own() + p * m);
    }
  });
}

double ResidualTree::BytesOfPoint(const ResidualModel& model, double cover) {
  const TreeShape shape;
  const auto d = static_cast<double>(model.d());
  const auto m = static_cast<double>(model.m());
  const auto leaf = static_cast<double>(shape.leaf_size);
  const double coarse = leaf * static_cast<double>(int64_t{1} << shape.shift);
  const auto most = static_cast<double>(Margins::kMaxRank);
  const bool single = model.stores_factor();
  // Order, positions, coordinates, 1 / sqrt(p); V in single precision.
  const double rows = sizeof(int64_t) * 2 + sizeof(double) * (d + 1) + (single ? 4 * m : 0);
  const double pivot = sizeof(double) * (d + 2 + m) + (single ? 4 * m : 0);
  double levels = 0;
  for (const double size : {leaf, coarse}) {
    // Blocks of the coarse level have a smaller tolerance, and fewer pivots for each point: about as many in all.
    const double rank = std::min(cover * size, most);
    levels += rank / size * pivot + sizeof(float) * (rank + 1);
  }
  const auto n = static_cast<double>(model.n());
  return rows + levels + std::min(kMostCouplingBytes / n, single ? 4 * m : kCouplingBytesOfPoint);
}

int64_t ResidualTree::bytes() const {
  int64_t bytes = order_.bytes();
  for (const PivotBlocks& level : levels_) bytes += level.bytes();
  for (const auto& coupling : couplings_) {
    const Coupling* made = coupling->IfMade();
    bytes += made != nullptr ? made->bytes() : 0;
  }
  return bytes +
         static_cast<int64_t>((coordinates_.size() + inverse_deviations_.size()) * sizeof(double) +
                              v32_.size() * sizeof(float) +
                              (positions_.size() + outside_tree_.size()) * sizeof(int64_t));
}

template <class Self, class Archive>
void ResidualTree::NameMembers(Self& self, const ResidualModel& model, const Archive& archive) {
  const int64_t single = self.AnySingleLeaf() ? CountOf(self.order_.size(), model.m()) : 0;
  archive.Numbers("outside", self.outside_tree_, Archive::kAnyCount);
  archive.Numbers("positions", self.positions_, self.size_);
  archive.ManyNumbers("coordinates", self.coordinates_, CountOf(self.stride_, self.dimensions_));
  archive.ManyNumbers("inverse_deviations", self.inverse_deviations_, self.stride_);
  archive.ManyNumbers("v32", self.v32_, single);
}

void ResidualTree::Save(const IndexWriter& writer, const ResidualModel& model) const {
  writer.Values("sizes", size_, static_cast<int64_t>(levels_.size()), largest_inverse_deviation_);
  order_.Save(writer.In("order"));
  for (size_t l = 0; l < levels_.size(); ++l) levels_[l].Save(writer.In(LevelName(l)));
  NameMembers(*this, model, writer);
}

ResidualTree::ResidualTree(const IndexReader& reader, const ResidualModel& model, int64_t size)
    : size_(0), margins_(model) {
  int64_t levels = 0;
  reader.Values("sizes", size_, levels, largest_inverse_deviation_);
  reader.Require(size_ == size && levels >= 1 && levels <= kMostLevels, "a size");
  order_.Load(reader.In("order"), size_, TreeShape().leaf_size, model.d());
  for (int64_t l = 0; l < levels; ++l) {
    levels_.emplace_back(reader.In(LevelName(static_cast<size_t>(l))), model, order_,
                         KeptAt(static_cast<int>(l), l == levels - 1), size_);
    reader.Require(
        l == 0 ? leaves().depth() == order_.depth() : levels_[l].depth() < levels_[l - 1].depth(),
        "the depth of a level");
  }
  stride_ = order_.size() + ScaledPoints::kPadding;
  dimensions_ = model.d();
  NameMembers(*this, model, reader);
  reader.RequireRows(outside_tree_, size_, true, "a row number");
  RequirePositions(reader);
  PrepareCouplings(model);
}

// The positions are those of the order, and the rows that are not in it are outside the tree.
void ResidualTree::RequirePositions(const IndexReader& reader) const {
  const auto rows = order_.rows();
  reader.Require(order_.size() + std::ssize(outside_tree_) == size_, "a size");
  for (int64_t p = 0; p < order_.size(); ++p) {
    reader.Require(positions_[rows[p]] == p, "a position");
  }
  for (const int64_t row : outside_tree_) reader.Require(positions_[row] == -1, "a position");
}

}  // namespace residual_knn
