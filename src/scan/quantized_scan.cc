#include "scan/quantized_scan.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "scan/block_search.h"
#include "scan/first_candidates.h"
#include "scan/order_by_space.h"
#include "scan/outside_rows.h"
#include "scan/screen16.h"
#include "score/candidate_list.h"
#include "score/canonical_score.h"
#include "score/degenerate_query.h"
#include "score/start_thresholds.h"
#include "simd/prefetch.h"
#include "simd/quantized_product.h"
#include "simd/screen_quantized.h"

namespace residual_knn {
namespace {

// Queries and candidates of one product. If m is some hundreds, the products, the packed candidates and the queries
// together stay in a second-level cache of 1 MiB.
constexpr int64_t kBlock = 192;
constexpr int64_t kTile = 512;
static_assert(kTile % kPackedGroup == 0);

// A canonical score takes some dozens of times as long as a screened pair. If more than one pair in kMostRescoredOneIn
// is scored, counted once there are kFewPairs pairs, the margins of the integers are too wide for the data. The next
// scan is then faster.
constexpr int64_t kMostRescoredOneIn = 8;
constexpr int64_t kFewPairs = 1'000'000;

// Number of rows around a query that test its start list.
constexpr int64_t kStartSample = 16;

class Worker {
 public:
  // inverse_deviations: 1 / sqrt(p) of all rows, NaN for rows that the screen leaves out.
  Worker(const SearchJob& job, const QuantizedV& quantized, const ScanAids& aids,
         const float* inverse_deviations, int64_t block, int index)
      : job_(job),
        model_(job.model),
        settings_(job.settings),
        monitor_(job.monitor, index),
        quantized_(quantized),
        neighborhoods_(*aids.neighborhoods),
        inverse_deviations_(inverse_deviations),
        scorer_(model_, settings_.ranking),
        first_(model_, aids.neighborhoods),
        start_(job),
        view_(model_.covariance()->view()),
        lists_(static_cast<size_t>(block)),
        words_(static_cast<size_t>(block * quantized.words())),
        v16_(static_cast<size_t>(block * quantized.stride16())),
        integers_(static_cast<size_t>(block)),
        offsets_(static_cast<size_t>(block)),
        regions_(static_cast<size_t>(block)),
        met_(static_cast<size_t>(block)),
        scratch_(static_cast<size_t>(2 * model_.m())),
        points_(static_cast<size_t>(block * model_.d())),
        products_(static_cast<size_t>(block * kTile + kQuantizedSlack)),
        screen16_(job, quantized, kTile),
        outside_(job, block, kTile) {
    constexpr auto kRoom = static_cast<size_t>(kTile + kQuantizedSlack);
    found_.resize(kRoom);
    found_scores_.resize(kRoom);
    products16_.resize(kRoom);
  }

  void SearchBlock(std::span<const int64_t> which) {
    if (RescoresTooMuch()) {
      left_.insert(left_.end(), which.begin(), which.end());
      return;
    }
    job_.queries.Load(which, block_, monitor_);
    if (monitor_.Stopped()) return;
    RESIDUAL_KNN_ASSERT(std::is_sorted(block_.limit.begin(), block_.limit.end()));
    Prepare(which);
    if (std::none_of(fit_.begin(), fit_.end(), [](bool fit) { return fit; })) return;
    for (int64_t q = 0; q < block_.count && monitor_.GoOn(); ++q) {
      if (Searches(q)) SearchAround(q);
    }
    auto outside = quantized_.outside_integers();
    outside = outside.first(static_cast<size_t>(
        std::lower_bound(outside.begin(), outside.end(), block_.largest_limit) - outside.begin()));
    while (!outside.empty()) {
      if (!monitor_.GoOn()) return;
      const size_t count = std::min<size_t>(kTile, outside.size());
      SearchOutside(outside.first(count));
      outside = outside.subspan(count);
    }
    for (int64_t begin = 0; begin < block_.largest_limit; begin += kTile) {
      if (!monitor_.GoOn()) return;
      SearchTile(begin, std::min(begin + kTile, block_.largest_limit));
    }
    int64_t pairs = 0;
    for (int64_t q = 0; q < block_.count && monitor_.GoOn(); ++q) {
      if (!fit_[q]) continue;
      Write(q);
      pairs += job_.queries.Pairs(which[q]);
    }
    monitor_.Advance(pairs);
  }

  [[nodiscard]] const SearchCounts& counts() const { return counts_; }
  [[nodiscard]] std::span<const int64_t> left() const { return left_; }

 private:
  void Prepare(std::span<const int64_t> which) {
    const int64_t d = model_.d();
    fit_.assign(static_cast<size_t>(block_.count), true);
    for (int64_t q = 0; q < block_.count; ++q) {
      const PointView query = block_.View(q, model_.m(), d);
      std::copy_n(query.point, d, points_.begin() + q * d);
      int32_t* words = words_.data() + q * quantized_.words();
      if (block_.inverse_deviation[q] == 0) {  // decided without any score
        std::fill_n(words, quantized_.words(), 0);
        offsets_[q] = 0;
        continue;
      }
      QueryIntegers& integers = integers_[q];
      integers.words = words;
      integers.v16 = v16_.data() + q * quantized_.stride16();
      fit_[q] = quantized_.Quantize(model_, query, block_.norm[q], scratch_.data(), integers);
      offsets_[q] = integers.offset;
      if (fit_[q]) {
        lists_[q].Start(settings_, {block_, q, job_.results}, 0);
      } else {
        left_.push_back(which[q]);
      }
    }
  }

  [[nodiscard]] bool HasRows16() const { return quantized_.bits() == ElementBits::k8; }

  [[nodiscard]] bool RescoresTooMuch() const {
    return counts_.pairs_scored > kFewPairs &&
           rescored_ > counts_.pairs_scored / kMostRescoredOneIn;
  }

  void Multiply(int64_t first, int64_t count, int64_t begin, int64_t groups) {
    const int64_t words = quantized_.words();
    const PackedQueries queries{words_.data() + first * words, offsets_.data() + first, count};
    const PackedCandidates candidates{quantized_.group(begin / kPackedGroup), groups, words};
    const auto multiply = quantized_.bits() == ElementBits::k8 ? MultiplyBytes : MultiplyPairs;
    multiply(queries, candidates, products_.data(), kTile);
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
    if (HasRows16()) {
      // Survivors are looked up in random order. While products are computed, their rows are loaded into the cache.
      PrefetchLines(quantized_.rows16() + begin * quantized_.stride16(),
                    static_cast<int64_t>(sizeof(int16_t)) * (end - begin) * quantized_.stride16());
    }
    Multiply(first, count, begin, groups);
    counts_.pairs_scored += count * (end - begin);
    counts_.scored_in_low_precision += count * (end - begin);
    QuantizedTile tile;
    tile.covariance = &view_;
    tile.coordinates = quantized_.coordinates();
    tile.stride = quantized_.stride();
    tile.dimensions = model_.d();
    tile.inverse_deviations = inverse_deviations_;
    tile.steps = quantized_.steps();
    tile.rests = quantized_.rests();
    tile.norms = quantized_.norm_bounds();
    QuantizedQuery query;
    query.signed_ranking = settings_.ranking == Ranking::kSigned;
    for (int64_t q = first; q < block_.count; ++q) {
      if (!Searches(q)) continue;
      const int64_t candidates = std::min(end, block_.limit[q]) - begin;
      query.point = points_.data() + q * model_.d();
      query.step = integers_[q].step;
      query.norm = integers_[q].norm;
      query.rest = integers_[q].rest;
      query.covariance_error = integers_[q].covariance_error;
      query.covariance_rate = integers_[q].covariance_rate;
      query.covariance_floor = integers_[q].covariance_floor;
      for (int64_t done = 0; done < candidates;) {
        const double threshold = lists_[q].threshold();
        // The product, 1 / sqrt(p) and the comparison round by less than 16 x 2^-24 relative to the score.
        query.threshold = static_cast<float>(threshold - 1e-6 * std::abs(threshold));
        tile.first = begin + done;
        tile.count = lists_[q].AtOnce(candidates - done);
        query.products = products_.data() + (q - first) * kTile + done;
        const int64_t found = ScreenQuantized(tile, query, found_.data(), found_scores_.data());
        if (found > 0) AppendFound(q, found, query.products - tile.first);
        done += tile.count;
      }
    }
  }

  // Raises the threshold of a query so much that few rows reach it: by its start list, or by the rows around it.
  void SearchAround(int64_t q) {
    met_[q].clear();
    regions_[q] = {};
    scorer_.SetQuery(block_, q);
    const bool started = start_.Raise(block_, q, scorer_, lists_[q], counts_);
    if (HasRows16()) {
      FindRegion(q);
      if (!started || MostAroundReach(q)) SearchRegion(q);
    } else {
      const int64_t wanted = started ? FirstCandidates::Least(settings_.k)
                                     : FirstCandidates::Wanted(settings_.k, block_.limit[q]);
      const int64_t scored = first_.AppendAround(block_, q, wanted, scorer_, lists_[q], met_[q]);
      counts_.AddCanonical(scored);
    }
    AppendFirstRows(q);
  }

  // Finds the rows around a query.
  void FindRegion(int64_t q) {
    region_ = neighborhoods_.Around(block_.self[q], block_.points.data() + q * model_.d(),
                                    block_.limit[q],
                                    std::max(Neighborhoods::kRowsAround / 2, settings_.k), near_);
    std::erase_if(near_, [&](int32_t row) {
      return row == block_.self[q] || std::isnan(inverse_deviations_[row]);
    });
  }

  // Whether most of the rows around a query reach its threshold, on a sample. Its start list then says little.
  [[nodiscard]] bool MostAroundReach(int64_t q) {
    const auto count = static_cast<int64_t>(near_.size());
    const int64_t sample = std::min(count, kStartSample);
    if (sample == 0) return false;
    for (int64_t i = 0; i < sample; ++i) found_[i] = near_[i * count / sample];
    CountScreened(sample);
    return 2 * std::ssize(Screen(q, static_cast<size_t>(sample)).rows) > sample;
  }

  void CountScreened(int64_t pairs) {
    counts_.pairs_scored += pairs;
    counts_.scored_in_low_precision += pairs;
  }

  // Screens all rows of the region with 16 bits.
  void SearchRegion(int64_t q) {
    regions_[q] = region_;
    CountScreened(static_cast<int64_t>(near_.size()));
    const auto count = static_cast<int64_t>(near_.size());
    for (int64_t begin = 0; begin < count;) {
      const int64_t taken = std::min(lists_[q].AtOnce(count - begin), kTile);
      std::copy_n(near_.begin() + begin, taken, found_.begin());
      AppendRows(q, static_cast<size_t>(taken));
      lists_[q].Prune();
      // Without the first rows, uncorrelated rows would fill the list.
      AppendFirstRows(q);
      begin += taken;
    }
  }

  void AppendFirstRows(int64_t q) {
    const int64_t scored = first_.AppendFirstRows(block_, q, settings_.k, scorer_, lists_[q]);
    counts_.AddCanonical(scored);
  }

  // Whether a query met a row before the tiles. With rows of 16 bits, these are all rows of its region, which would
  // take too long to sort. Without them, they are the few rows in met_.
  [[nodiscard]] bool HasMet(int64_t q, int32_t row) const {
    if (row == block_.self[q]) return true;
    return HasRows16() ? neighborhoods_.Holds(regions_[q], row)
                       : std::binary_search(met_[q].begin(), met_[q].end(), int64_t{row});
  }

  // Appends the rows that a screen has found and that the query has not met before. `products` points at the product of
  // row 0.
  void AppendFound(int64_t q, int64_t found, const int32_t* products) {
    size_t kept = 0;
    for (int64_t s = 0; s < found; ++s) {
      const int32_t row = found_[s];
      if (HasMet(q, row)) continue;
      if (!HasRows16()) products16_[kept] = products[row];
      found_[kept++] = row;
    }
    if (kept > 0) AppendRows(q, kept);
  }

  // Appends those of the first `kept` rows of found_ that pass the second screen.
  void AppendRows(int64_t q, size_t kept) { Append(q, Screen(q, kept)); }

  // The second screen of the first `kept` rows of found_.
  [[nodiscard]] ScreenedRows Screen(int64_t q, size_t kept) {
    const Query16 query{block_.points.data() + q * model_.d(), integers_[q], lists_[q].threshold()};
    const std::span<const int32_t> products(products16_.data(), HasRows16() ? 0 : kept);
    return screen16_.Keep(query, {found_.data(), kept}, products);
  }

  void Append(int64_t q, const ScreenedRows& screened) {
    scorer_.SetQuery(block_, q);
    const int64_t rescored = lists_[q].Append(screened, model_.inverse_deviation(), scorer_);
    rescored_ += rescored;
    counts_.pairs_rescored += rescored;
  }

  void SearchOutside(std::span<const int64_t> rows) {
    outside_.Multiply(block_, rows);
    counts_.pairs_scored += block_.count * std::ssize(rows);
    for (int64_t q = 0; q < block_.count; ++q) {
      if (!Searches(q)) continue;
      const ScreenedRows screened = outside_.Screen(q, lists_[q].threshold(), met_[q]);
      if (screened.rows.empty()) continue;
      lists_[q].SetError(outside_.Error(q));
      Append(q, screened);
    }
  }

  void Write(int64_t q) {
    if (block_.inverse_deviation[q] == 0) {
      WriteDegenerate(block_, q, settings_, degenerate_, job_.results);
      return;
    }
    scorer_.SetQuery(block_, q);
    job_.results.Write(block_, q, lists_[q].Finish(scorer_, counts_.pairs_rescored));
  }

  const SearchJob job_;
  const ResidualModel& model_;
  const SearchSettings& settings_;
  ThreadMonitor monitor_;
  const QuantizedV& quantized_;
  const Neighborhoods& neighborhoods_;
  const float* inverse_deviations_;
  CanonicalScorer scorer_;
  FirstCandidates first_;
  StartThresholds start_;
  CovarianceView view_;
  QueryBlock block_;
  std::vector<CandidateList> lists_;
  std::vector<int32_t> words_;
  std::vector<int16_t> v16_;
  std::vector<QueryIntegers> integers_;
  std::vector<int32_t> offsets_;
  Neighborhoods::Region region_;                // the rows of near_
  std::vector<Neighborhoods::Region> regions_;  // with rows of 16 bits: rows met before the tiles
  std::vector<std::vector<int64_t>> met_;       // without rows of 16 bits: the same
  std::vector<double> scratch_;
  std::vector<int32_t> near_;
  std::vector<float> points_;
  std::vector<bool> fit_;
  std::vector<int64_t> left_;
  AlignedVectorOf<int32_t> products_;
  std::vector<int32_t> found_;
  std::vector<float> found_scores_;
  std::vector<int32_t> products16_;
  Screen16 screen16_;
  OutsideRows outside_;
  std::vector<Neighbor> degenerate_;
  int64_t rescored_ = 0;  // candidates that margins left undecided
  SearchCounts counts_;
};

}  // namespace

SearchStatistics SearchQuantized(const SearchJob& job, const QuantizedV& quantized,
                                 const ScanAids& aids, std::span<const int64_t> which,
                                 std::vector<int64_t>& left) {
  const int64_t count = std::ssize(which);
  const int threads = job.settings.threads;
  const int64_t most = std::min(CandidateList::MostAtOnce(job.settings.k), kBlock);
  const int64_t fair = (count + threads - 1) / threads;
  const int64_t block = std::clamp<int64_t>(fair, 1, most);
  const int64_t blocks = (count + block - 1) / block;
  const std::vector<int64_t> ordered =
      OrderBySpace(job.model, job.queries, which, *aids.neighborhoods, block);
  std::vector<float> masked;
  const float* inverse_deviations =
      aids.Masked(quantized.inverse_deviations(), job.model.n() + kQuantizedSlack, masked);
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  statistics.threads = static_cast<int>(std::clamp<int64_t>(blocks, 1, threads));
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(statistics.threads));
  for (int i = 0; i < statistics.threads; ++i) {
    workers.emplace_back(job, quantized, aids, inverse_deviations, block, i);
  }
  statistics.scan_seconds = SearchBlocks(workers, ordered, block, job.monitor);
  for (const Worker& worker : workers) {
    statistics.Add(worker.counts());
    left.insert(left.end(), worker.left().begin(), worker.left().end());
  }
  std::sort(left.begin(), left.end());
  return statistics;
}

}  // namespace residual_knn
