#include "scaled_space/space_tree_store.h"

#include <utility>

namespace residual_knn {
namespace {

// Each next tree has one in kRatio of the rows of the tree before.
constexpr int64_t kRatio = 4;
// Every tree has more rows than this, except the tree of all rows.
constexpr int64_t kSmallest = 1024;

}  // namespace

SpaceTreeStore::SpaceTreeStore(const ResidualModel& model) : model_(model) {
  int64_t rows = model.n();
  do {
    stages_.push_back(std::make_unique<Stage>());
    stages_.back()->rows = rows;
    rows /= kRatio;
  } while (rows > kSmallest);
}

void SpaceTreeStore::AdoptOrders(SpaceTreeStore& other, std::span<const double> ratios) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& from = *other.stages_[i];
    const SpaceTree* tree = from.tree.IfMade();
    if (tree != nullptr) {
      stages_[i]->order = tree->order();
    } else {
      stages_[i]->order = std::move(from.order);
    }
    stages_[i]->order.Rescale(ratios);
  }
}

const SpaceTree& SpaceTreeStore::Get(int stage, int threads, Monitor& monitor) {
  Stage& wanted = *stages_[stage];
  return wanted.tree.Get(monitor, [&] {
    return std::make_unique<SpaceTree>(model_.points(), wanted.rows, wanted.order, threads,
                                       monitor);
  });
}

int64_t SpaceTreeStore::bytes() const {
  int64_t sum = 0;
  for (const auto& stage : stages_) {
    const SpaceTree* made = stage->tree.IfMade();
    sum += stage->order.bytes() + (made != nullptr ? made->bytes() : 0);
  }
  return sum;
}

}  // namespace residual_knn
