#include "tree/tree_store.h"

#include <chrono>

namespace residual_knn {
namespace {

using Clock = std::chrono::steady_clock;
// Each next tree has this share of the rows.
constexpr int64_t kRatio = 4;
// Queries with fewer predecessors meet the smallest tree.
constexpr int64_t kSmallest = 4096;

}  // namespace

TreeStore::TreeStore(const ResidualModel& model) : model_(model) {
  int64_t size = model.n();
  do {
    sizes_.push_back(size);
    size /= kRatio;
  } while (size > kSmallest);
  building_.resize(sizes_.size());
  trees_.resize(sizes_.size());
}

const ResidualTree& TreeStore::Get(int stage, int threads, Monitor& monitor, double& seconds) {
  std::unique_lock lock(mutex_);
  while (building_[stage]) {
    changed_.wait_for(lock, std::chrono::milliseconds(10));
    lock.unlock();
    monitor.Poll();
    monitor.ThrowIfCancelled();
    lock.lock();
  }
  if (trees_[stage]) return *trees_[stage];
  building_[stage] = true;
  lock.unlock();
  std::unique_ptr<ResidualTree> tree;
  const auto start = Clock::now();
  const auto done = [&] {
    lock.lock();
    building_[stage] = false;
    changed_.notify_all();
  };
  const TreeShape shape;
  try {
    tree = std::make_unique<ResidualTree>(model_, sizes_[stage], shape, threads, monitor);
  } catch (...) {
    done();
    throw;
  }
  done();
  trees_[stage] = std::move(tree);
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  seconds += took;
  return *trees_[stage];
}

bool TreeStore::Has(int stage) {
  const std::scoped_lock lock(mutex_);
  return trees_[stage] != nullptr;
}

int64_t TreeStore::bytes() {
  const std::scoped_lock lock(mutex_);
  int64_t bytes = 0;
  for (const auto& tree : trees_) bytes += tree ? tree->bytes() : 0;
  return bytes;
}

}  // namespace residual_knn
