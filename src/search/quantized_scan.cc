#include "search/quantized_scan.h"

#include <algorithm>
#include <cmath>

#include "blas/blas.h"
#include "model/product_error.h"
#include "search/block_search.h"
#include "search/candidate_list.h"
#include "search/canonical_score.h"
#include "search/degenerate_query.h"
#include "search/keep_others.h"
#include "search/order_by_space.h"
#include "simd/covariance_row.h"
#include "simd/prefetch.h"
#include "simd/quantized_product.h"
#include "simd/screen.h"
#include "simd/screen_quantized.h"

namespace residual_knn {
namespace {

// Their products, the packed candidates and the queries together stay in a second-level cache of 1 MiB where m is
// some hundreds.
constexpr int64_t kBlock = 192;
constexpr int64_t kTile = 512;
static_assert(kTile % kPackedGroup == 0);

class Worker {
 public:
  // `neighborhoods` may be null where elements have 16 bits.
  Worker(const ResidualModel& model, const QuantizedFactor& quantized,
         const Neighborhoods* neighborhoods, const SearchSettings& settings, int64_t block)
      : model_(model),
        quantized_(quantized),
        neighborhoods_(neighborhoods),
        settings_(settings),
        scorer_(model, settings.ranking),
        view_(model.covariance()->view()),
        lists_(static_cast<size_t>(block)),
        words_(static_cast<size_t>(block * quantized.words())),
        fine_(static_cast<size_t>(block * quantized.fine_stride())),
        integers_(static_cast<size_t>(block)),
        offsets_(static_cast<size_t>(block)),
        regions_(static_cast<size_t>(block)),
        scratch_(static_cast<size_t>(2 * model.m())),
        points_(static_cast<size_t>(block * model.d())),
        products_(static_cast<size_t>(block * kTile + kQuantizedSlack)) {
    constexpr auto kRoom = static_cast<size_t>(kTile + kQuantizedSlack);
    found_.resize(kRoom);
    found_scores_.resize(kRoom);
    fine_products_.resize(kRoom);
    rows_.resize(kRoom);
    scores_.resize(kRoom);
    covariances_.resize(kRoom);
    coordinates_.resize(kRoom * static_cast<size_t>(model.d()));
    exact_products_.resize(static_cast<size_t>(block * kTile + kScreenSlack));
  }

  void SearchBlock(const QuerySet& queries, std::span<const int64_t> which, ResultSink& results,
                   Monitor& monitor, bool polls) {
    queries.Load(which, block_, monitor, polls);
    if (monitor.Stopped()) return;
    Prepare(which);
    if (std::none_of(fit_.begin(), fit_.end(), [](bool fit) { return fit; })) return;
    if (HasFineRows()) {
      for (int64_t q = 0; q < block_.count && !monitor.Stopped(); ++q) SearchRegion(q);
    }
    auto exceptional = quantized_.exceptional();
    exceptional = exceptional.first(static_cast<size_t>(
        std::lower_bound(exceptional.begin(), exceptional.end(), block_.largest_limit) -
        exceptional.begin()));
    while (!exceptional.empty()) {
      if (monitor.Stopped()) return;
      const size_t count = std::min<size_t>(kTile, exceptional.size());
      SearchExceptional(exceptional.first(count));
      exceptional = exceptional.subspan(count);
      if (polls) monitor.Poll();
    }
    for (int64_t begin = 0; begin < block_.largest_limit; begin += kTile) {
      if (monitor.Stopped()) return;
      SearchTile(begin, std::min(begin + kTile, block_.largest_limit));
      if (polls) monitor.Poll();
    }
    int64_t pairs = 0;
    for (int64_t q = 0; q < block_.count && !monitor.Stopped(); ++q) {
      if (!fit_[q]) continue;
      Write(q, results);
      pairs += queries.Pairs(which[q]);
      if (polls) monitor.Poll();
    }
    monitor.Advance(pairs);
  }

  [[nodiscard]] const SearchStatistics& statistics() const { return statistics_; }
  [[nodiscard]] std::span<const int64_t> left() const { return left_; }

 private:
  void Prepare(std::span<const int64_t> which) {
    const int64_t d = model_.d();
    fit_.assign(static_cast<size_t>(block_.count), true);
    for (int64_t q = 0; q < block_.count; ++q) {
      const std::span<const double> point(block_.points.data() + q * d, static_cast<size_t>(d));
      std::copy(point.begin(), point.end(), points_.begin() + q * d);
      int32_t* words = words_.data() + q * quantized_.words();
      if (block_.inverse_deviation[q] == 0) {  // decided without any score
        std::fill_n(words, quantized_.words(), 0);
        offsets_[q] = 0;
        continue;
      }
      QueryIntegers& row = integers_[q];
      fit_[q] = quantized_.Quantize(model_, block_.factor + q * model_.m(), block_.norm[q],
                                    block_.inverse_deviation[q], point, scratch_.data(), words,
                                    FineOf(q), row);
      offsets_[q] = row.offset;
      if (fit_[q]) {
        lists_[q].Reset(settings_.k, block_.inverse_deviation[q], ListError(q));
      } else {
        left_.push_back(which[q]);
      }
    }
  }

  [[nodiscard]] bool HasFineRows() const { return quantized_.bits() == ElementBits::k8; }

  int16_t* FineOf(int64_t q) { return fine_.data() + q * quantized_.fine_stride(); }

  // Of the scores that lists receive.
  [[nodiscard]] double ListError(int64_t q) const {
    return HasFineRows() ? integers_[q].fine_error : integers_[q].error;
  }

  void Multiply(int64_t first, int64_t count, int64_t begin, int64_t groups) {
    const int64_t words = quantized_.words();
    const int32_t* packed = quantized_.group(begin / kPackedGroup);
    const int32_t* queries = words_.data() + first * words;
    if (quantized_.bits() == ElementBits::k8) {
      MultiplyBytes(queries, offsets_.data() + first, count, packed, groups, words,
                    products_.data(), kTile);
    } else {
      MultiplyPairs(queries, count, packed, groups, words, products_.data(), kTile);
    }
  }

  [[nodiscard]] bool Searches(int64_t q) const {
    return fit_[q] && block_.inverse_deviation[q] > 0;
  }

  void SearchTile(int64_t begin, int64_t end) {
    // Predecessor queries are in ascending order: those at the front may have no candidates here.
    int64_t first = 0;
    while (first < block_.count && block_.limit[first] <= begin) ++first;
    const int64_t count = block_.count - first;
    const int64_t groups = (end - begin + kPackedGroup - 1) / kPackedGroup;
    if (HasFineRows()) {
      // What survives is looked up at random: while products are computed, it comes near.
      PrefetchLines(
          quantized_.fine() + begin * quantized_.fine_stride(),
          static_cast<int64_t>(sizeof(int16_t)) * (end - begin) * quantized_.fine_stride());
    }
    Multiply(first, count, begin, groups);
    statistics_.pairs_scored += count * (end - begin);
    statistics_.scored_in_low_precision += count * (end - begin);
    QuantizedTile tile;
    tile.covariance = &view_;
    tile.coordinates = quantized_.coordinates();
    tile.stride = quantized_.stride();
    tile.dimensions = model_.d();
    tile.scales = quantized_.scales();
    tile.units = quantized_.units();
    tile.rests = quantized_.rests();
    tile.norms = quantized_.norms();
    QuantizedQuery query;
    query.signed_ranking = settings_.ranking == Ranking::kSigned;
    for (int64_t q = first; q < block_.count; ++q) {
      if (!Searches(q)) continue;
      const int64_t candidates = std::min(end, block_.limit[q]) - begin;
      query.point = points_.data() + q * model_.d();
      query.unit = integers_[q].unit;
      query.norm = integers_[q].norm;
      query.rest = integers_[q].rest;
      query.constant = integers_[q].constant;
      for (int64_t done = 0; done < candidates;) {
        const double threshold = lists_[q].threshold();
        // Scale, product and comparison round by fewer than 16 of 2^-24 relative to the score.
        query.threshold = static_cast<float>(threshold - 1e-6 * std::abs(threshold));
        tile.first = begin + done;
        tile.count = lists_[q].AtOnce(candidates - done);
        query.products = products_.data() + (q - first) * kTile + done;
        const int64_t found = ScreenQuantized(tile, query, found_.data(), found_scores_.data());
        if (found > 0) AppendFound(q, found);
        done += tile.count;
      }
    }
  }

  // Scores the rows around a query with 16 bits: they give a threshold that few others reach with 8.
  void SearchRegion(int64_t q) {
    if (!Searches(q)) return;
    regions_[q] = neighborhoods_->Around(block_.self[q], block_.points.data() + q * model_.d(),
                                         block_.limit[q]);
    neighborhoods_->CopyRows(regions_[q], block_.limit[q], near_);
    std::erase_if(near_, [&](int32_t row) {
      return row == block_.self[q] || std::isnan(quantized_.scales()[row]);
    });
    statistics_.pairs_scored += static_cast<int64_t>(near_.size());
    statistics_.scored_in_low_precision += static_cast<int64_t>(near_.size());
    for (size_t begin = 0; begin < near_.size(); begin += kTile) {
      const size_t count = std::min<size_t>(kTile, near_.size() - begin);
      std::copy_n(near_.begin() + static_cast<std::ptrdiff_t>(begin), count, found_.begin());
      AppendRows(q, count);
    }
  }

  // Of what a screen has found, whatever was not met before.
  void AppendFound(int64_t q, int64_t found) {
    size_t kept = 0;
    for (int64_t s = 0; s < found; ++s) {
      const int32_t row = found_[s];
      if (row == block_.self[q]) continue;
      if (HasFineRows() && neighborhoods_->Holds(regions_[q], row)) continue;
      found_[kept] = row;
      scores_[kept++] = static_cast<double>(found_scores_[s]);
    }
    if (kept > 0) AppendRows(q, kept);
  }

  // The first rows of found_, with their scores_ where these do not come from finer rows.
  void AppendRows(int64_t q, size_t kept) {
    const auto count = static_cast<int64_t>(kept);
    std::copy_n(found_.begin(), count, rows_.begin());
    if (HasFineRows()) {
      DotPairRows(FineOf(q), quantized_.fine(), quantized_.fine_stride(), found_.data(), count,
                  fine_products_.data());
    }
    model_.points().CopySelected({rows_.data(), kept}, coordinates_.data(), count + kScreenSlack);
    CovarianceRow(view_, {coordinates_.data(), count + kScreenSlack, model_.d()}, 0, count,
                  block_.points.data() + q * model_.d(), covariances_.data());
    if (HasFineRows()) kept = ScreenFine(q, kept);
    Append(q, {rows_.data(), kept}, ListError(q));
  }

  // Scores what the screen of 8 bits has kept with 16, and keeps what may still be near.
  size_t ScreenFine(int64_t q, size_t count) {
    const double threshold = lists_[q].threshold();
    const double unit = integers_[q].fine_unit;
    // With room for the roundings of this comparison.
    const double error = integers_[q].fine_error * (1 + 1e-9);
    const bool is_signed = settings_.ranking == Ranking::kSigned;
    size_t kept = 0;
    for (size_t s = 0; s < count; ++s) {
      const int64_t row = rows_[s];
      const double product = static_cast<double>(fine_products_[s]) * unit *
                             static_cast<double>(quantized_.fine_units()[row]);
      const double residual = covariances_[s] - product;
      const double ranked = is_signed ? residual : std::abs(residual);
      const double scale = model_.inverse_deviation()[row];
      if ((ranked + error) * scale < threshold) continue;
      rows_[kept] = row;
      covariances_[kept] = covariances_[s];
      scores_[kept++] = ranked * scale;
    }
    return kept;
  }

  void Append(int64_t q, std::span<const int64_t> rows, double error) {
    scorer_.SetQuery(block_, q);
    lists_[q].SetError(error);
    statistics_.pairs_rescored +=
        lists_[q].Append(rows, {scores_.data(), rows.size()}, {covariances_.data(), rows.size()},
                         model_.inverse_deviation(), scorer_);
  }

  // Rows that the quantized screen skips, in double precision.
  void SearchExceptional(std::span<const int64_t> rows) {
    const auto width = static_cast<int64_t>(rows.size());
    const int64_t m = model_.m();
    gathered_.resize(static_cast<size_t>(width * m));
    scales_.assign(static_cast<size_t>(width + kScreenSlack), 0.0);
    for (int64_t j = 0; j < width; ++j) {
      std::copy_n(model_.factor(rows[j]), m, gathered_.data() + j * m);
      scales_[j] = model_.inverse_deviation()[rows[j]];
    }
    model_.points().CopySelected(rows, coordinates_.data(), width + kScreenSlack);
    blas::MultiplyTransposed(block_.factor, block_.count, gathered_.data(), width, m,
                             exact_products_.data());
    statistics_.pairs_scored += block_.count * width;
    ScreenTile tile;
    tile.covariance = &view_;
    tile.points = {coordinates_.data(), width + kScreenSlack, model_.d()};
    tile.inverse_deviation = scales_.data();
    for (int64_t q = 0; q < block_.count; ++q) {
      if (!Searches(q)) continue;
      tile.count = std::lower_bound(rows.begin(), rows.end(), block_.limit[q]) - rows.begin();
      ScreenQuery query;
      query.point = block_.points.data() + q * model_.d();
      query.products = exact_products_.data() + q * width;
      query.signed_ranking = settings_.ranking == Ranking::kSigned;
      query.error = ScreenError(m, block_.norm[q], model_.largest_norm());
      query.threshold = lists_[q].threshold();
      const int64_t found =
          Screen(tile, query, {rows_.data(), scores_.data(), covariances_.data()});
      const size_t kept = KeepOthers({rows_.data(), scores_.data(), covariances_.data()}, found,
                                     rows, block_.self[q]);
      if (kept > 0) Append(q, {rows_.data(), kept}, query.error);
    }
  }

  void Write(int64_t q, ResultSink& results) {
    if (block_.inverse_deviation[q] == 0) {
      WriteDegenerate(block_, q, settings_.k, degenerate_, results);
      return;
    }
    scorer_.SetQuery(block_, q);
    results.Write(block_, q, lists_[q].Finish(scorer_, statistics_.pairs_rescored));
  }

  const ResidualModel& model_;
  const QuantizedFactor& quantized_;
  const Neighborhoods* neighborhoods_;
  const SearchSettings& settings_;
  CanonicalScorer scorer_;
  CovarianceView view_;
  QueryBlock block_;
  std::vector<CandidateList> lists_;
  std::vector<int32_t> words_;
  std::vector<int16_t> fine_;
  std::vector<QueryIntegers> integers_;
  std::vector<int32_t> offsets_;
  std::vector<Neighborhoods::Region> regions_;
  std::vector<double> scratch_;
  std::vector<int32_t> near_;
  std::vector<float> points_;
  std::vector<bool> fit_;
  std::vector<int64_t> left_;
  AlignedVectorOf<int32_t> products_;
  std::vector<int32_t> found_;
  std::vector<float> found_scores_;
  std::vector<int32_t> fine_products_;
  std::vector<int64_t> rows_;
  std::vector<double> scores_;
  std::vector<double> covariances_;
  std::vector<double> coordinates_;
  std::vector<double> scales_;
  AlignedVector gathered_;
  AlignedVector exact_products_;
  std::vector<Neighbor> degenerate_;
  SearchStatistics statistics_;
};

}  // namespace

SearchStatistics SearchQuantized(const ResidualModel& model, const QuantizedFactor& quantized,
                                 const Neighborhoods* neighborhoods, const QuerySet& queries,
                                 std::span<const int64_t> which, const SearchSettings& settings,
                                 ResultSink& results, Monitor& monitor,
                                 std::vector<int64_t>& left) {
  const auto count = static_cast<int64_t>(which.size());
  const int64_t most = std::min(CandidateList::MostAtOnce(settings.k), kBlock);
  const int64_t fair = (count + settings.threads - 1) / settings.threads;
  const int64_t block = std::clamp<int64_t>(fair, 1, most);
  const int64_t blocks = (count + block - 1) / block;
  std::vector<int64_t> ordered;
  if (neighborhoods != nullptr) {
    ordered = OrderBySpace(model, queries, which, *neighborhoods, block);
    which = ordered;
  }
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  statistics.threads = static_cast<int>(std::clamp<int64_t>(blocks, 1, settings.threads));
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(statistics.threads));
  for (int i = 0; i < statistics.threads; ++i) {
    workers.emplace_back(model, quantized, neighborhoods, settings, block);
  }
  SearchBlocks(workers, queries, which, block, results, monitor);
  for (const Worker& worker : workers) {
    statistics.AddCounts(worker.statistics());
    left.insert(left.end(), worker.left().begin(), worker.left().end());
  }
  std::sort(left.begin(), left.end());
  return statistics;
}

}  // namespace residual_knn
