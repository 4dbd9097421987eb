#include "tools/range_search.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mpi/bytes.h"
#include "mpi/dealt_lots.h"
#include "mpi/lot_plan.h"
#include "mpi/lot_statistics.h"
#include "mpi/mail.h"
#include "tools/answer_parts.h"
#include "tools/lot_search.h"
#include "tools/neighbors_search.h"
#include "tools/part_writer.h"
#include "tools/queries.h"

namespace residual_knn::cli {
namespace {

// The rows of a search for which trees are built together: the queries, or the members of groups.
mpi::LotPlan MakePlan(mpi::CommTeam& team, const SearchInput& input, const Queries& whole) {
  const NeighborsOptions& options = input.options;
  mpi::LotPlan plan;
  plan.strategy = options.strategy;
  plan.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  const bool has_lists = !input.question.candidates.offsets.empty();
  const bool has_groups = !options.groups.empty();
  if (!has_lists) {
    residual_knn_search_options search;
    residual_knn_search_options_init(&search, sizeof search);
    search.ranking = options.ranking;
    search.strategy = options.strategy;
    search.threads = static_cast<int32_t>(options.threads);
    search.message_base = options.base;
    const residual_knn_team_question asked{whole.are_new_points ? nullptr : whole.RowNumbers(),
                                           whole.are_new_points ? whole.new_points.data() : nullptr,
                                           has_groups ? std::ssize(whole.rows) : whole.count,
                                           static_cast<int32_t>(options.predecessors ? 1 : 0),
                                           static_cast<int32_t>(options.k)};
    plan = mpi::PlanByTree(team, {input.index, asked, &search, search.threads});
  }
  // Lists have no order. Groups have members anywhere. Messages about the weights of new points have their numbers.
  if (has_lists || has_groups || (whole.are_new_points && options.HasWeights())) {
    mpi::LotPlan in_order = mpi::PlanInOrder(team, whole.count, static_cast<int>(options.threads));
    in_order.strategy = plan.strategy;
    in_order.reason = plan.reason;
    return in_order;
  }
  return plan;
}

// The progress of a lot: serves the other processes, and asks the bar of the run.
class LotProgress {
 public:
  LotProgress(mpi::DealtLots* lots, const Queries& whole, ProgressBar* run)
      : lots_(lots),
        size_(std::max<int64_t>(whole.count, 1)),
        run_(run),
        bar_(STDERR_FILENO, false) {
    bar_.StopIf([this] { return Stops(); });
  }

  [[nodiscard]] ProgressBar* bar() { return &bar_; }

 private:
  bool Stops() {
    if (!lots_->Serve()) return true;
    const residual_knn_progress report = run_->callback();
    return report != nullptr && report(run_, lots_->first(), size_) != 0;
  }

  mpi::DealtLots* lots_;
  int64_t size_;
  ProgressBar* run_;
  ProgressBar bar_;
};

// What this process has found.
struct MyAnswers {
  std::vector<mpi::Bytes> letters;  // one, or one for each process
  residual_knn_statistics statistics{};
  int64_t jittered = 0;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;  // of the whole search
};

// `all_write`: an answer for each process; otherwise one.
MyAnswers SearchMyLots(mpi::CommTeam& team, const SearchInput& input, const Queries& whole,
                       bool all_write) {
  const mpi::LotPlan plan = MakePlan(team, input, whole);
  mpi::DealtLots lots(team, plan);
  LotProgress progress(&lots, whole, input.progress);
  std::optional<LotSearch> search;
  lots.Run([&] {
    search.emplace(input.options, input.question, whole, input.index, progress.bar());
    if (all_write) search->DivideAmong(team.size());
    while (lots.Next()) lots.Learn(search->Search(lots.queries(), lots.strategy()));
  });
  search->SearchLeft(search->left().ShareOut(team, input.question.inducing.m));
  return {search->TakeLetters(), search->statistics(), search->jittered(), lots.reason()};
}

// Every process says what it has written to each file. Process 0 learns what all have written.
std::vector<std::vector<FilePart>> TellFirst(mpi::CommTeam& team, std::vector<FilePart> mine) {
  mpi::Bytes report;
  mpi::Put(mine, &report);
  std::vector<std::vector<FilePart>> written;
  mpi::GatherMail(team, std::move(report), [&](const mpi::Bytes& letter) {
    written.push_back(mpi::BytesReader(letter).Take<FilePart>());
  });
  return written;
}

}  // namespace

RangeAnswer SearchTogether(mpi::CommTeam& team, const RangeTask& task, const SearchInput& input) {
  const Queries whole = QueriesIn(task.range, input.options, input.question);
  RangeAnswer found;
  if (whole.count == 0) {
    found.answer = Search(input.options, input.question, whole, input.index, input.progress);
    return found;
  }
  const QueryRange part = PartOf(task.range, team.size(), team.rank());
  PartWriter writer(task, input.options, part);
  const std::vector<int64_t> open = team.Share(writer.IsOpen() ? 1 : 0);
  const bool all_write = std::find(open.begin(), open.end(), 0) == open.end();
  MyAnswers mine = SearchMyLots(team, input, whole, all_write);
  const residual_knn_statistics statistics = mpi::SumOf(team, mine.statistics, mine.reason);
  for (const int64_t jittered : team.Share(mine.jittered)) found.jittered += jittered;
  if (all_write) {
    AnswerParts parts(part.size(), false);
    for (mpi::Bytes& letter : mpi::ExchangeMail(team, std::move(mine.letters))) {
      parts.Add(std::move(letter));
    }
    found.written = TellFirst(team, writer.Write(parts.Finish(), input.question));
  } else {
    AnswerParts parts(team.rank() == 0 ? whole.count : 0, input.options.threshold.has_value());
    mpi::GatherMail(team, std::move(mine.letters.front()),
                    [&](mpi::Bytes letter) { parts.Add(std::move(letter)); });
    if (team.rank() == 0) found.answer = parts.Finish();
  }
  found.answer.statistics = statistics;
  return found;
}

}  // namespace residual_knn::cli
