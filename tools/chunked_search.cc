#include "tools/chunked_search.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tools/answer_files.h"
#include "tools/answer_writer.h"
#include "tools/chunk_sizes.h"
#include "tools/neighbors_search.h"
#include "tools/number_text.h"
#include "tools/partners.h"
#include "tools/queries.h"
#include "tools/statistics_sum.h"
#include "tools/written_answer.h"

namespace residual_knn::cli {
namespace {

// The answer with the numbers of the file. It refers to its arguments.
class NamedAnswer {
 public:
  NamedAnswer(const NeighborsOptions& options, const Question& question, const Queries& queries,
              const Answer& answer)
      : named_(WithoutFile(answer)) {
    named_.result_rows = queries.places;
    named_.first_query = queries.range.begin;
    named_.file_rows = question.order;
    const auto begin = static_cast<size_t>(queries.range.begin);
    const auto count = static_cast<size_t>(queries.count);
    if (!options.groups.empty()) {
      // A group has its number in the file.
      const auto numbers = std::span(question.groups.numbers).subspan(begin, count);
      groups_.assign(numbers.begin(), numbers.end());
      for (int64_t& number : groups_) number -= options.base;
      named_.query_rows = groups_;
    } else if (!options.queries.empty()) {
      named_.query_rows = std::span(question.rows).subspan(begin, count);
    }
  }
  NamedAnswer(const NamedAnswer&) = delete;
  NamedAnswer& operator=(const NamedAnswer&) = delete;

  [[nodiscard]] const WrittenAnswer& get() const { return named_; }

 private:
  WrittenAnswer named_;
  std::vector<int64_t> groups_;
};

// Searches the chunks one after the other.
class ChunkedSearch {
 public:
  ChunkedSearch(const NeighborsOptions& options, const Question& question,
                const residual_knn_index* index, ProgressBar* progress, Messages* messages)
      : options_(options),
        question_(question),
        index_(index),
        progress_(progress),
        messages_(messages),
        range_(RangeOfSlice(options.slice, CountQueries(options, question))),
        files_(FilesOf(options, range_)) {
    residual_knn_statistics_init(&statistics_, sizeof statistics_);
  }

  SearchReport Run(OutputSet* outputs, ResumeRecord* record) {
    QueryRange left = range_;
    if (record != nullptr && !record->chunks().empty()) {
      left.begin = record->chunks().back().end;
      resumed_ = left.begin - range_.begin;
      messages_->Note("continues after " + std::to_string(resumed_) + " of " +
                      Counted(range_.size(), "query", "queries"));
    }
    std::optional<AnswerWriter> writer;
    const StopBySignal stop(progress_, outputs);
    ChunkSizes sizes(options_, range_);
    QueryRange chunk{left.begin, left.begin};
    do {  // an empty range is one empty chunk
      chunk = {chunk.end, std::min(chunk.end + sizes.Next(), left.end)};
      const Queries queries = QueriesIn(chunk, options_, question_);
      // Opened early, because files that do not fit the record cannot be continued.
      if (record != nullptr && !writer) ContinueFiles(outputs, record, &writer);
      // Partners write into it.
      const bool shares = files_.shared && queries.count > 0;
      if (shares && !writer) BeginFiles(outputs, &writer);
      const RangeAnswer found = AnswerOf(queries, shares ? writer->Place() : AnswerPlace{});
      for (const std::vector<FilePart>& parts : found.written) writer->Skip(parts);
      if (found.written.empty()) {
        if (MixesWithBar()) {
          progress_->Pause();
        } else {
          StartStage("writing", chunk);
        }
        // Opened late, because opening a pipe waits for its reader.
        if (!writer) BeginFiles(outputs, &writer);
        writer->Write(NamedAnswer(options_, question_, queries, found.answer).get(), progress_);
      }
      if (record != nullptr) record->Add({chunk.end, writer->Sync()});
      sizes.Learn(chunk.size(), found.answer.offsets.empty() ? 0 : found.answer.offsets.back());
    } while (chunk.end < left.end);
    writer->Finish();
    return {range_, resumed_, statistics_};
  }

 private:
  // A file with a name delays Ctrl-C until it is removed. So the search, and the wait for partners, must end at once.
  class StopBySignal {
   public:
    StopBySignal(ProgressBar* progress, OutputSet* outputs) : progress_(progress) {
      progress_->StopIf([outputs] { return outputs->SignalWaits(); });
      WhileWaiting([outputs] { outputs->EndBySignal(); });
    }
    ~StopBySignal() {
      progress_->StopIf(nullptr);
      WhileWaiting(nullptr);
    }
    StopBySignal(const StopBySignal&) = delete;
    StopBySignal& operator=(const StopBySignal&) = delete;

   private:
    ProgressBar* progress_;
  };

  void BeginFiles(OutputSet* outputs, std::optional<AnswerWriter>* writer) const {
    writer->emplace(files_, outputs);
    (*writer)->Begin();
  }

  // Opens the files, behind the chunks of the record.
  void ContinueFiles(OutputSet* outputs, ResumeRecord* record,
                     std::optional<AnswerWriter>* writer) const {
    writer->emplace(files_, outputs);
    std::vector<std::vector<FilePart>> parts;
    for (const ChunkRecord& chunk : record->chunks()) parts.push_back(chunk.parts);
    (*writer)->Continue(parts);
    if (parts.empty()) record->Add({range_.begin, (*writer)->Sync()});
  }

  // Searches, and warns after the last chunk.
  RangeAnswer AnswerOf(const Queries& queries, const AnswerPlace& place) {
    const bool is_last = queries.range.end == range_.end;
    StartStage("searching", queries.range);
    RangeAnswer found;
    if (HasPartners()) {
      found = SearchRange({queries.range, place}, options_, question_, index_, progress_);
    } else {
      found.answer = Search(options_, question_, queries, index_, progress_);
    }
    AddStatistics(found.answer.statistics, queries.range.begin, &statistics_);
    if (is_last) messages_->Warn(residual_knn_search_warning(index_, &statistics_));
    if (!options_.HasWeights()) return found;
    if (!HasPartners()) {
      StartStage("computing weights", queries.range);
      found.jittered = AddWeights(options_, question_, queries, index_, &found.answer, progress_);
    }
    jittered_ += found.jittered;
    if (is_last && jittered_ > 0) {
      messages_->Warn("--weights-jitter was added for " + std::to_string(jittered_) + " of " +
                      Counted(range_.size(), "query", "queries"));
    }
    return found;
  }

  void StartStage(const std::string& name, const QueryRange& chunk) {
    const auto share = [&](int64_t query) {
      return static_cast<double>(query - range_.begin) / static_cast<double>(range_.size());
    };
    if (range_.size() == 0) {
      progress_->StartStage(name);
    } else {
      progress_->StartStage(name, share(chunk.begin), share(chunk.end));
    }
  }

  // The bar and the output would mix on the same terminal.
  [[nodiscard]] bool MixesWithBar() const {
    const bool stats_mix = !options_.stats.empty() && !IsStaged(options_.stats);
    return stats_mix || isatty(STDOUT_FILENO) == 1;
  }

  const NeighborsOptions& options_;
  const Question& question_;
  const residual_knn_index* index_;
  ProgressBar* progress_;
  Messages* messages_;
  QueryRange range_;
  AnswerFiles files_;
  residual_knn_statistics statistics_{};
  int64_t jittered_ = 0;
  int64_t resumed_ = 0;  // queries of earlier runs
};

}  // namespace

SearchReport SearchInChunks(const NeighborsOptions& options, const Question& question,
                            const residual_knn_index* index, ProgressBar* progress,
                            Messages* messages, OutputSet* outputs, ResumeRecord* record) {
  return ChunkedSearch(options, question, index, progress, messages).Run(outputs, record);
}

void PublishKeptAnswer(const NeighborsOptions& options, const ResumeRecord& record) {
  const std::vector<std::string> files = AllFiles(FilesOf(options, {}));
  const std::vector<FilePart>& last_parts = record.chunks().back().parts;
  for (size_t i = 0; i < files.size(); ++i) OutputFile::PublishKept(files[i], last_parts[i].end);
}

}  // namespace residual_knn::cli
