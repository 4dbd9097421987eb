// Random indexes and questions on which strategies could disagree: sizes near those of the blocks of the tree, ties,
// duplicates, points with large rounding errors, and every way to make an index.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/checked_callback.h"
#include "support/random_data.h"

namespace residual_knn_test {

enum class Entrance { kInducing, kFactor, kCallback };
constexpr int kNumEntrances = 3;

enum class Cloud {
  kUniform,
  kClusters,
  kLine,            // along a diagonal
  kGrid,            // small integers: exact ties
  kIdentical,       // one point, many times
  kNearDuplicates,  // one tight cluster inside sparse points
  kSorted,          // ascending in the first coordinate
};
constexpr int kNumClouds = 7;

// One index and some questions for it, drawn from a seed.
class StrategyProblem {
 public:
  explicit StrategyProblem(uint64_t seed);
  StrategyProblem(const StrategyProblem&) = delete;
  StrategyProblem& operator=(const StrategyProblem&) = delete;

  // Null if the index could not be made; residual_knn_last_error has the reason.
  [[nodiscard]] const residual_knn_index* index() const { return index_.get(); }
  // The same model in an index that computes V when it is needed; null if the index was made from V.
  [[nodiscard]] IndexHandle CreateComputing() const;
  [[nodiscard]] Entrance entrance() const { return entrance_; }
  [[nodiscard]] int64_t n() const { return model_.points.n; }
  [[nodiscard]] const std::vector<Question>& questions() const { return questions_; }
  [[nodiscard]] const std::string& description() const { return description_; }

  // Calls `search`, which returns something with a status. Meanwhile, the callback answers for the new points of the
  // question, and of no other.
  template <class Search>
  auto WithQueriesOf(const Question& question, const Search& search) {
    if (callback_) callback_->set_queries(&question.queries);
    auto answer = search();
    if (callback_) callback_->set_queries(nullptr);  // the question need not outlive this call
    if (callback_ && callback_->out_of_range()) answer.status = RESIDUAL_KNN_ERROR_INTERNAL;
    return answer;
  }
  Answer AskThis(const Question& question, const Manner& manner) {
    return WithQueriesOf(question, [&] { return Ask(index(), question, manner); });
  }

 private:
  int64_t DrawSize(Random& random);
  void DrawPoints(Random& random);
  void DrawKernel(Random& random);
  void DrawInducing(Random& random);
  [[nodiscard]] Points DrawCloud(Random& random, int64_t n) const;
  void CreateFromFactor(Random& random);
  void DrawQuestions(Random& random);
  [[nodiscard]] Question DrawRows(Random& random, QueryKind kind) const;
  [[nodiscard]] Question DrawNew(Random& random) const;
  [[nodiscard]] int32_t DrawNeighbors(Random& random, const Question& question) const;
  [[nodiscard]] IndexHandle CreateFromInducing(const Points& points, double max_jitter,
                                               int32_t storage = RESIDUAL_KNN_FACTOR_STORED) const;
  void Describe();

  Entrance entrance_ = Entrance::kInducing;
  Cloud cloud_ = Cloud::kUniform;
  bool spoiled_ = false;  // the residual variance is almost 0, or 0 at some points
  double factor_error_ = 0;
  Model model_;
  FactorCopy factor_;
  std::unique_ptr<CheckedCallback> callback_;
  IndexHandle index_;
  std::vector<Question> questions_;
  std::string description_;
};

}  // namespace residual_knn_test
