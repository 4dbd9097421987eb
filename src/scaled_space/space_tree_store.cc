#include "scaled_space/space_tree_store.h"

#include <string>
#include <utility>

#include "storage/index_reader.h"
#include "storage/index_writer.h"

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

void SpaceTreeStore::Save(const IndexWriter& writer) const {
  for (size_t i = 0; i < stages_.size(); ++i) {
    const IndexWriter part = writer.In(std::to_string(i));
    if (const SpaceTree* tree = stages_[i]->tree.IfMade()) {
      tree->Save(part);
    } else if (stages_[i]->order.size() > 0) {
      stages_[i]->order.Save(part.In("kept"));
    }
  }
}

void SpaceTreeStore::Load(const IndexReader& reader) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = *stages_[i];
    const IndexReader part = reader.In(std::to_string(i));
    if (part.Has("order/depth")) {
      stage.tree.Put(std::make_unique<SpaceTree>(part, model_.d(), stage.rows));
    } else if (part.Has("kept/depth")) {
      stage.order.Load(part.In("kept"), stage.rows, SpaceTree::kLeafRows, model_.d());
    }
  }
}

}  // namespace residual_knn
