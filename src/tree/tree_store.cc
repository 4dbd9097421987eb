#include "tree/tree_store.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "storage/index_reader.h"
#include "storage/index_writer.h"
#include "tree/cover_sample.h"
#include "tree/margins.h"

namespace residual_knn {
namespace {

using Clock = std::chrono::steady_clock;

// Each next tree has one in kRatio of the rows of the tree before.
constexpr int64_t kRatio = 8;
// Every tree has more rows than this, except the tree of all rows.
constexpr int64_t kSmallest = 4096;

}  // namespace

TreeStore::TreeStore(const ResidualModel& model, int64_t max_bytes)
    : model_(model), max_bytes_(max_bytes) {
  int64_t size = model.n();
  do {
    sizes_.push_back(size);
    trees_.push_back(std::make_unique<Lazy<ResidualTree>>());
    size /= kRatio;
  } while (size > kSmallest);
  orders_.resize(sizes_.size());
}

void TreeStore::AdoptOrders(TreeStore& other, std::span<const double> ratios) {
  for (size_t stage = 0; stage < orders_.size(); ++stage) {
    const ResidualTree* tree = other.trees_[stage]->IfMade();
    if (tree != nullptr) {
      orders_[stage] = tree->order();
    } else {
      orders_[stage] = std::move(other.orders_[stage]);
    }
    orders_[stage].Rescale(ratios);
  }
}

int64_t TreeStore::RowsOutside(Monitor& monitor) {
  return rows_outside_.Get(monitor, [this] {
    const Margins margins(model_);
    const double* inverse_deviations = model_.inverse_deviation();
    return std::make_unique<int64_t>(
        std::count_if(inverse_deviations, inverse_deviations + model_.n(),
                      [&](double inverse_deviation) { return !margins.Fits(inverse_deviation); }));
  });
}

double TreeStore::Cover(Monitor& monitor) {
  return cover_.Get(
      monitor, [&] { return std::make_unique<double>(SampleCover(model_, TreeShape(), monitor)); });
}

double TreeStore::EstimatedBytes(Monitor& monitor) {
  double rows = 0;
  for (int stage = 0; stage < num_stages(); ++stage) {
    if (!Has(stage)) rows += static_cast<double>(sizes_[stage]);
  }
  if (rows == 0) return 0;
  const double of_point = ResidualTree::BytesOfPoint(model_, Cover(monitor));
  return std::max(rows * of_point, left_out_bytes_);
}

const ResidualTree& TreeStore::Get(int stage, const Workforce& workforce, Monitor& monitor,
                                   double& seconds) {
  const auto start = Clock::now();
  const TreeShape shape = ShapeFor(Cover(monitor), sizes_[stage]);
  const ResidualTree& tree = trees_[stage]->Get(monitor, [&] {
    return std::make_unique<ResidualTree>(model_, sizes_[stage], shape, orders_[stage], workforce,
                                          monitor);
  });
  seconds += std::chrono::duration<double>(Clock::now() - start).count();
  return tree;
}

int64_t TreeStore::bytes() {
  int64_t bytes = 0;
  for (const auto& tree : trees_) {
    const ResidualTree* made = tree->IfMade();
    bytes += made != nullptr ? made->bytes() : 0;
  }
  for (const SpaceOrder& order : orders_) bytes += order.bytes();
  return bytes;
}

void TreeStore::Save(const IndexWriter& writer) const {
  if (const double* cover = cover_.IfMade()) writer.Values("cover", *cover);
  for (size_t stage = 0; stage < trees_.size(); ++stage) {
    const IndexWriter part = writer.In(std::to_string(stage));
    if (const ResidualTree* tree = trees_[stage]->IfMade()) {
      tree->Save(part, model_);
    } else if (orders_[stage].size() > 0 && model_.covariance() != nullptr) {
      orders_[stage].Save(part.In("kept"));
    }
  }
}

void TreeStore::Load(const IndexReader& reader) {
  if (reader.Has("cover")) {
    auto cover = std::make_unique<double>();
    reader.Values("cover", *cover);
    cover_.Put(std::move(cover));
  }
  for (size_t stage = 0; stage < trees_.size(); ++stage) {
    const IndexReader part = reader.In(std::to_string(stage));
    if (part.Has("sizes")) {
      trees_[stage]->Put(std::make_unique<ResidualTree>(part, model_, sizes_[stage]));
    } else if (part.Has("kept/depth")) {
      orders_[stage].Load(part.In("kept"), sizes_[stage], TreeShape().leaf_size, model_.d());
    }
    if (part.LeavesOut("sizes")) left_out_bytes_ += static_cast<double>(part.BytesLeftOut());
  }
}

}  // namespace residual_knn
