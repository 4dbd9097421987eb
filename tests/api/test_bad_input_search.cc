// Bad input for the eight search functions: every argument and option, with every kind of bad value, on an index of
// each create function. A call that fails must leave neighbors, distances and statistics untouched. After every call, a
// valid search of the same index must still give the same answer.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/checked_callback.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/random_data.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kN = 40;
constexpr int64_t kD = 2;
constexpr int64_t kM = 5;
constexpr int64_t kQueries = 6;
constexpr int32_t kK = 3;
// Enough space for every case that writes.
constexpr int64_t kRoom = 4096;

// The functions.
constexpr uint32_t kNeighbors = 1;
constexpr uint32_t kPredecessors = 2;
constexpr uint32_t kNewPoints = 4;
constexpr uint32_t kNewFactor = 8;
constexpr uint32_t kNeighbors32 = 16;
constexpr uint32_t kPredecessors32 = 32;
constexpr uint32_t kNewPoints32 = 64;
constexpr uint32_t kNewFactor32 = 128;
constexpr int kNumFunctions = 8;

// The create functions that made the index.
enum class Origin { kInducing, kFactor, kCallback };
constexpr Origin kOrigins[] = {Origin::kInducing, Origin::kFactor, Origin::kCallback};

// A call is a function on an index. Its bits are those of the function, shifted by the origin of the index.
constexpr uint32_t On(Origin origin, uint32_t functions) {
  return functions << (kNumFunctions * static_cast<int>(origin));
}
constexpr Origin OriginOf(uint32_t call) {
  return kOrigins[std::countr_zero(call) / kNumFunctions];
}
constexpr uint32_t FunctionOf(uint32_t call) {
  return uint32_t{1} << (std::countr_zero(call) % kNumFunctions);
}
constexpr uint32_t OnAll(uint32_t functions) {
  return On(Origin::kInducing, functions) | On(Origin::kFactor, functions) |
         On(Origin::kCallback, functions);
}
constexpr uint32_t OnGivenFactor(uint32_t functions) {
  return On(Origin::kFactor, functions) | On(Origin::kCallback, functions);
}

// New points need an index made from inducing points. A new factor needs an index made from V and p.
constexpr uint32_t kOfRows64 = OnAll(kNeighbors | kPredecessors);
constexpr uint32_t kOfRows32 = OnAll(kNeighbors32 | kPredecessors32);
constexpr uint32_t kOfRows = kOfRows64 | kOfRows32;
constexpr uint32_t kOfNewPoints = On(Origin::kInducing, kNewPoints | kNewPoints32);
constexpr uint32_t kOfNewFactor = OnGivenFactor(kNewFactor | kNewFactor32);
constexpr uint32_t kAll = kOfRows | kOfNewPoints | kOfNewFactor;
constexpr uint32_t kAll32 =
    kAll & OnAll(kNeighbors32 | kPredecessors32 | kNewPoints32 | kNewFactor32);
constexpr uint32_t kUnfitNewPoints = OnGivenFactor(kNewPoints | kNewPoints32);
constexpr uint32_t kUnfitNewFactor = On(Origin::kInducing, kNewFactor | kNewFactor32);
// Where the library evaluates the kernel and therefore needs coordinates.
constexpr uint32_t kNewFactorWithPoints = On(Origin::kFactor, kNewFactor | kNewFactor32);
// Where the index has no coordinates.
constexpr uint32_t kWithoutPoints = kAll & On(Origin::kCallback, ~uint32_t{0});

// The names of the calls by their bits.
std::vector<std::string> CallNames() {
  std::vector<std::string> names;
  for (const char* origin : {"inducing", "factor", "callback"}) {
    for (const char* function :
         {"neighbors", "predecessors", "new_points", "new_factor", "neighbors_int32",
          "predecessors_int32", "new_points_int32", "new_factor_int32"}) {
      names.push_back(std::string(function) + ", " + origin);
    }
  }
  return names;
}

// One index from each create function, over the same points.
class Indices {
 public:
  Indices() : callback_(model_.kernel, model_.points, &queries_) {
    Random random(5);
    model_.points = RandomPoints(random, Shape::kUniform, kN, kD);
    model_.inducing = RandomPoints(random, Shape::kUniform, kM, kD);
    queries_ = RandomPoints(random, Shape::kUniform, kQueries, kD);
    inducing_ = CreateIndex(model_).index;
    const FactorCopy factor = FactorOf(inducing_.get());
    factor_ = CreateIndexFromFactor(model_, factor).index;
    callback_index_ = CreateIndexFromCallback(factor, callback_).index;
    Model at_queries = model_;
    at_queries.points = queries_;
    query_factor_ = FactorOf(CreateIndex(at_queries).index.get());
  }

  [[nodiscard]] const residual_knn_index* Get(Origin origin) const {
    return origin == Origin::kInducing ? inducing_.get()
           : origin == Origin::kFactor ? factor_.get()
                                       : callback_index_.get();
  }
  [[nodiscard]] const Points& queries() const { return queries_; }
  [[nodiscard]] const FactorCopy& query_factor() const { return query_factor_; }

 private:
  Model model_;
  Points queries_;
  FactorCopy query_factor_;
  CheckedCallback callback_;
  IndexHandle inducing_;
  IndexHandle factor_;
  IndexHandle callback_index_;
};

// Arguments for all eight functions. They are valid until a case changes them.
struct Arguments {
  const residual_knn_index* index;
  std::vector<int64_t> rows = {3, 0, 39, 3, 17, 20};
  int64_t num_queries = kQueries;
  std::vector<double> queries;
  std::vector<double> query_factor;
  std::vector<double> query_residual_variance;
  int32_t k = kK;
  int32_t base = 0;
  int32_t missing = -1;
  Extended<residual_knn_search_options> extended{residual_knn_search_options_init};
  residual_knn_search_options& options = extended.known;
  size_t statistics_size = sizeof(residual_knn_statistics);
  bool null_rows = false;
  bool null_queries;
  bool null_query_factor = false;
  bool null_query_residual_variance = false;
  bool null_options = false;
  bool null_neighbors = false;
  bool null_distances = false;
  bool null_statistics = false;

  Arguments(const Indices& indices, Origin origin)
      : index(indices.Get(origin)),
        queries(indices.queries().values),
        query_factor(indices.query_factor().v),
        query_residual_variance(indices.query_factor().p),
        null_queries(origin == Origin::kCallback) {
    options.threads = 1;
  }
  Arguments(const Arguments&) = delete;  // `options` would refer to the other object
  Arguments& operator=(const Arguments&) = delete;
};

struct Outputs {
  Poisoned<int64_t> neighbors{kRoom};
  Poisoned<int32_t> neighbors32{kRoom};
  Poisoned<double> distances{kRoom};
  Extended<residual_knn_statistics> statistics{residual_knn_statistics_init};

  explicit Outputs(size_t statistics_size) { statistics.Poison(statistics_size); }
  [[nodiscard]] bool ArraysUntouched() const {
    return neighbors.untouched() && neighbors32.untouched() && distances.untouched();
  }
};

residual_knn_status Search(uint32_t function, const Arguments& a, Outputs& outputs) {
  std::vector<int32_t> rows32;
  for (const int64_t row : a.rows) rows32.push_back(static_cast<int32_t>(row));
  const int64_t* rows = a.null_rows ? nullptr : a.rows.data();
  const int32_t* narrow_rows = a.null_rows ? nullptr : rows32.data();
  const double* queries = a.null_queries ? nullptr : a.queries.data();
  const double* factor = a.null_query_factor ? nullptr : a.query_factor.data();
  const double* variance =
      a.null_query_residual_variance ? nullptr : a.query_residual_variance.data();
  const residual_knn_search_options* options = a.null_options ? nullptr : &a.options;
  int64_t* neighbors = a.null_neighbors ? nullptr : outputs.neighbors.data();
  int32_t* neighbors32 = a.null_neighbors ? nullptr : outputs.neighbors32.data();
  double* distances = a.null_distances ? nullptr : outputs.distances.data();
  residual_knn_statistics* statistics = a.null_statistics ? nullptr : &outputs.statistics.known;
  const int64_t count = a.num_queries;
  switch (function) {
    case kNeighbors:
      return residual_knn_neighbors(a.index, rows, count, options, a.k, neighbors, distances,
                                    statistics);
    case kPredecessors:
      return residual_knn_predecessors(a.index, rows, count, options, a.k, neighbors, distances,
                                       statistics);
    case kNewPoints:
      return residual_knn_neighbors_of_new_points(a.index, queries, count, options, a.k, neighbors,
                                                  distances, statistics);
    case kNewFactor:
      return residual_knn_neighbors_of_new_factor(a.index, factor, variance, queries, count,
                                                  options, a.k, neighbors, distances, statistics);
    case kNeighbors32:
      return residual_knn_neighbors_int32(a.index, narrow_rows, count, options, a.k, a.base,
                                          a.missing, neighbors32, distances, statistics);
    case kPredecessors32:
      return residual_knn_predecessors_int32(a.index, narrow_rows, count, options, a.k, a.base,
                                             a.missing, neighbors32, distances, statistics);
    case kNewPoints32:
      return residual_knn_neighbors_of_new_points_int32(a.index, queries, count, options, a.k,
                                                        a.base, a.missing, neighbors32, distances,
                                                        statistics);
    default:
      return residual_knn_neighbors_of_new_factor_int32(a.index, factor, variance, queries, count,
                                                        options, a.k, a.base, a.missing,
                                                        neighbors32, distances, statistics);
  }
}

// What a valid search returns. Empty if the search failed.
struct ValidResult {
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
  bool operator==(const ValidResult&) const = default;
};

ValidResult AskValid(const Indices& indices, Origin origin, uint32_t function) {
  const Arguments arguments(indices, origin);
  Outputs outputs(arguments.statistics_size);
  if (Search(function, arguments, outputs) != RESIDUAL_KNN_OK) return {};
  ValidResult answer;
  for (int64_t i = 0; i < kQueries * kK; ++i) {
    answer.neighbors.push_back(function >= kNeighbors32 ? outputs.neighbors32.data()[i]
                                                        : outputs.neighbors.data()[i]);
    answer.distances.push_back(outputs.distances.data()[i]);
  }
  return answer;
}

// What is wrong with the outputs of a call that succeeded; empty: nothing.
std::string FaultOfSuccess(uint32_t function, const Arguments& a, Outputs& outputs) {
  const bool narrow = function >= kNeighbors32;
  const bool answers = a.num_queries > 0;
  if (outputs.neighbors.untouched() != (narrow || !answers) ||
      outputs.neighbors32.untouched() != (!narrow || !answers) ||
      outputs.distances.untouched() != (a.null_distances || !answers)) {
    return "the wrong arrays were written";
  }
  if (a.null_statistics) {
    return outputs.statistics.Untouched(a.statistics_size) ? "" : "statistics were written";
  }
  if (outputs.statistics.known.struct_size != a.statistics_size ||
      !outputs.statistics.PoisonedFrom(a.statistics_size)) {
    return "statistics were written beyond their struct_size";
  }
  return outputs.statistics.known.strategy > RESIDUAL_KNN_AUTOMATIC ? "" : "no statistics";
}

Outcome MakeCall(const Indices& indices, uint32_t call,
                 const std::function<void(Arguments&)>& change) {
  const Origin origin = OriginOf(call);
  const uint32_t function = FunctionOf(call);
  // The search that must give the same answer before and after.
  const uint32_t valid = (call & kAll) != 0 ? function : kNeighbors;
  const ValidResult answer = AskValid(indices, origin, valid);
  Arguments arguments(indices, origin);
  change(arguments);
  Outputs outputs(arguments.statistics_size);
  Outcome outcome;
  outcome.status = Search(function, arguments, outputs);
  outcome.message = residual_knn_last_error();
  if (answer.neighbors.empty()) {
    outcome.fault = "the valid search failed";
  } else if (outcome.status == RESIDUAL_KNN_OK) {
    outcome.fault = FaultOfSuccess(function, arguments, outputs);
  } else if (!outputs.ArraysUntouched() ||
             !outputs.statistics.Untouched(arguments.statistics_size)) {
    outcome.fault = "an output was touched";
  }
  if (outcome.fault.empty() && AskValid(indices, origin, valid) != answer) {
    outcome.fault = "the valid search has another answer now";
  }
  return outcome;
}

std::vector<BadInputCase<Arguments>> Table() {
  return {
      // Pointers.
      {"index NULL", kAll, [](auto& a) { a.index = nullptr; }, kInvalid, "index is NULL"},
      {"neighbors NULL", kAll, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"distances NULL", kAll, [](auto& a) { a.null_distances = true; }, kOk},
      {"statistics NULL", kAll, [](auto& a) { a.null_statistics = true; }, kOk},
      {"options NULL", kAll, [](auto& a) { a.null_options = true; }, kOk},
      {"queries NULL", kOfNewPoints | kNewFactorWithPoints, [](auto& a) { a.null_queries = true; },
       kInvalid, "queries is NULL"},
      {"query_factor NULL", kOfNewFactor, [](auto& a) { a.null_query_factor = true; }, kInvalid,
       "query_factor is NULL"},
      {"query_residual_variance NULL", kOfNewFactor,
       [](auto& a) { a.null_query_residual_variance = true; }, kInvalid,
       "query_residual_variance is NULL"},
      {"rows NULL, num_queries not n", kOfRows, [](auto& a) { a.null_rows = true; }, kInvalid,
       "rows is NULL and num_queries is 6"},
      {"rows NULL, num_queries n + 1", kOfRows,
       [](auto& a) {
         a.null_rows = true;
         a.num_queries = kN + 1;
       },
       kInvalid, "rows is NULL and num_queries is 41"},
      {"rows NULL, num_queries n", kOfRows,
       [](auto& a) {
         a.null_rows = true;
         a.num_queries = kN;
       },
       kOk},

      // Sizes.
      {"num_queries -1", kAll, [](auto& a) { a.num_queries = -1; }, kInvalid, "num_queries is -1"},
      {"num_queries least", kAll, [](auto& a) { a.num_queries = INT64_MIN; }, kInvalid,
       "num_queries is -9223372036854775808"},
      {"num_queries 2^62", kAll, [](auto& a) { a.num_queries = kHuge; }, kInvalid,
       "num_queries x k: 4611686018427387904 x 3"},
      {"num_queries greatest", kAll, [](auto& a) { a.num_queries = INT64_MAX; }, kInvalid,
       "num_queries x k: 9223372036854775807 x 3"},
      {"num_queries x k wraps to 0", kAll,
       [](auto& a) {
         a.num_queries = kHuge;
         a.k = 4;
       },
       kInvalid, "num_queries x k: 4611686018427387904 x 4"},
      {"bytes of num_queries x k wrap", kAll,
       [](auto& a) {
         a.num_queries = int64_t{1} << 32;
         a.k = 1 << 29;
       },
       kInvalid, "num_queries x k: 4294967296 x 536870912"},
      {"num_queries 0", kAll, [](auto& a) { a.num_queries = 0; }, kOk},
      {"num_queries 0, all NULL", kAll,
       [](auto& a) {
         a.num_queries = 0;
         a.null_rows = a.null_queries = a.null_query_factor = true;
         a.null_query_residual_variance = a.null_neighbors = a.null_distances = true;
       },
       kOk},
      {"k 0", kAll, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"k -1", kAll, [](auto& a) { a.k = -1; }, kInvalid, "k is -1"},
      {"k least", kAll, [](auto& a) { a.k = INT32_MIN; }, kInvalid, "k is -2147483648"},
      {"k 0 without queries", kAll,
       [](auto& a) {
         a.k = 0;
         a.num_queries = 0;
       },
       kInvalid, "k is 0"},
      {"k beyond n", kAll, [](auto& a) { a.k = 2 * kN; }, kOk},

      // Rows.
      {"row -1", kOfRows, [](auto& a) { a.rows[2] = -1; }, kInvalid, "rows[2] is -1"},
      {"row n", kOfRows, [](auto& a) { a.rows[5] = kN; }, kInvalid, "rows[5] is 40"},
      {"first row n", kOfRows, [](auto& a) { a.rows[0] = kN; }, kInvalid, "rows[0] is 40"},
      {"row least", kOfRows64, [](auto& a) { a.rows[0] = INT64_MIN; }, kInvalid,
       "rows[0] is -9223372036854775808"},
      {"row greatest", kOfRows64, [](auto& a) { a.rows[5] = INT64_MAX; }, kInvalid,
       "rows[5] is 9223372036854775807"},
      {"row 2^32", kOfRows64, [](auto& a) { a.rows[1] = int64_t{1} << 32; }, kInvalid,
       "rows[1] is 4294967296"},
      {"int32 row least", kOfRows32, [](auto& a) { a.rows[0] = INT32_MIN; }, kInvalid,
       "rows[0] is -2147483648"},
      {"int32 row least, base 1", kOfRows32,
       [](auto& a) {
         a.base = 1;
         a.rows = {INT32_MIN, 1, 1, 1, 1, 1};
       },
       kInvalid, "rows[0] is -2147483648"},
      {"int32 row greatest", kOfRows32, [](auto& a) { a.rows[5] = INT32_MAX; }, kInvalid,
       "rows[5] is 2147483647"},
      {"row 0, base 1", kOfRows32, [](auto& a) { a.base = 1; }, kInvalid, "rows[1] is 0"},
      {"row n + 1, base 1", kOfRows32,
       [](auto& a) {
         a.base = 1;
         a.rows = {1, 2, 3, kN + 1, 4, 5};
       },
       kInvalid, "rows[3] is 41"},
      {"row n, base 1", kOfRows32,
       [](auto& a) {
         a.base = 1;
         a.rows = {1, 2, 3, kN, 4, 5};
       },
       kOk},
      {"base 2", kAll32, [](auto& a) { a.base = 2; }, kInvalid, "base is 2"},
      {"base -1", kAll32, [](auto& a) { a.base = -1; }, kInvalid, "base is -1"},
      {"base least", kAll32, [](auto& a) { a.base = INT32_MIN; }, kInvalid, "base is -2147483648"},
      {"base greatest", kAll32, [](auto& a) { a.base = INT32_MAX; }, kInvalid,
       "base is 2147483647"},
      {"missing 0", kAll32, [](auto& a) { a.missing = 0; }, kInvalid, "missing is 0"},
      {"missing n - 1", kAll32, [](auto& a) { a.missing = kN - 1; }, kInvalid, "missing is 39"},
      {"missing n, base 1", kAll32,
       [](auto& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = kN;
       },
       kInvalid, "missing is 40"},
      {"missing 1, base 1", kAll32,
       [](auto& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = 1;
       },
       kInvalid, "missing is 1"},
      {"missing n", kAll32, [](auto& a) { a.missing = kN; }, kOk},
      {"missing least", kAll32, [](auto& a) { a.missing = INT32_MIN; }, kOk},
      {"missing greatest", kAll32, [](auto& a) { a.missing = INT32_MAX; }, kOk},
      {"missing 0, base 1", kAll32,
       [](auto& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = 0;
       },
       kOk},

      // New points.
      {"queries[0]", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) { a.queries[0] = bad; }, kInvalid, "queries: coordinate 0 of row 0"},
      {"queries[3]", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) { a.queries[3] = bad; }, kInvalid, "queries: coordinate 1 of row 1"},
      {"queries[5]", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) { a.queries[5] = bad; }, kInvalid, "queries: coordinate 1 of row 2"},
      {"queries[11]", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) { a.queries[11] = bad; }, kInvalid,
       "queries: coordinate 1 of row 5"},
      {"queries[0], dimension-major", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.queries[0] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "queries: coordinate 0 of row 0"},
      {"queries[5], dimension-major", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.queries[5] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "queries: coordinate 0 of row 5"},
      {"queries[11], dimension-major", kOfNewPoints | kNewFactorWithPoints, kNotFinite,
       [](auto& a, double bad) {
         a.queries[11] = bad;
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
       },
       kInvalid, "queries: coordinate 1 of row 5"},
      {"query far beyond the range", kOfNewPoints | kNewFactorWithPoints,
       [](auto& a) { a.queries[3] = 1e200; }, kInvalid, "queries: coordinate 1 of row 1 is 1e+200"},

      // V and p of new points.
      {"query_factor[0]", kOfNewFactor, kNotFinite,
       [](auto& a, double bad) { a.query_factor[0] = bad; }, kInvalid,
       "query_factor: column 0 of row 0"},
      {"query_factor[14]", kOfNewFactor, kNotFinite,
       [](auto& a, double bad) { a.query_factor[14] = bad; }, kInvalid,
       "query_factor: column 4 of row 2"},
      {"query_factor[29]", kOfNewFactor, kNotFinite,
       [](auto& a, double bad) { a.query_factor[29] = bad; }, kInvalid,
       "query_factor: column 4 of row 5"},
      {"query_factor 1e71", kOfNewFactor, [](auto& a) { a.query_factor[7] = 1e71; }, kInvalid,
       "query_factor: column 2 of row 1 is 1e+71"},
      {"query_residual_variance[0]", kOfNewFactor, kNegative,
       [](auto& a, double bad) { a.query_residual_variance[0] = bad; }, kInvalid,
       "query_residual_variance[0]"},
      {"query_residual_variance[2]", kOfNewFactor, kNegative,
       [](auto& a, double bad) { a.query_residual_variance[2] = bad; }, kInvalid,
       "query_residual_variance[2]"},
      {"query_residual_variance[5]", kOfNewFactor, kNegative,
       [](auto& a, double bad) { a.query_residual_variance[5] = bad; }, kInvalid,
       "query_residual_variance[5]"},
      {"query_residual_variance 1e141", kOfNewFactor,
       [](auto& a) { a.query_residual_variance[2] = 1e141; }, kInvalid,
       "query_residual_variance[2] is 1e+141"},
      {"query_residual_variance 0", kOfNewFactor, [](auto& a) { a.query_residual_variance[2] = 0; },
       kOk},

      // A function that does not suit the index.
      {"new points, but V and p of the index were given", kUnfitNewPoints, [](auto& /*a*/) {},
       kUnsupported, "use residual_knn_neighbors_of_new_factor"},
      {"V and p, but the index computes them", kUnfitNewFactor, [](auto& /*a*/) {}, kUnsupported,
       "use residual_knn_neighbors_of_new_points"},

      // Options.
      {"layout -1", kAll, [](auto& a) { a.options.layout = -1; }, kInvalid, "layout is -1"},
      {"layout 2", kAll, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"layout greatest", kAll, [](auto& a) { a.options.layout = INT32_MAX; }, kInvalid,
       "layout is 2147483647"},
      {"layout least", kAll, [](auto& a) { a.options.layout = INT32_MIN; }, kInvalid,
       "layout is -2147483648"},
      {"ranking -1", kAll, [](auto& a) { a.options.ranking = -1; }, kInvalid, "ranking is -1"},
      {"ranking 3", kAll, [](auto& a) { a.options.ranking = 3; }, kInvalid, "ranking is 3"},
      {"scaled distance with coordinates", kAll & ~kWithoutPoints,
       [](auto& a) { a.options.ranking = RESIDUAL_KNN_SCALED_DISTANCE; }, kOk},
      {"scaled distance without coordinates", kWithoutPoints,
       [](auto& a) { a.options.ranking = RESIDUAL_KNN_SCALED_DISTANCE; }, kUnsupported,
       "an index with a covariance callback has no coordinates"},
      {"ranking greatest", kAll, [](auto& a) { a.options.ranking = INT32_MAX; }, kInvalid,
       "ranking is 2147483647"},
      {"ranking least", kAll, [](auto& a) { a.options.ranking = INT32_MIN; }, kInvalid,
       "ranking is -2147483648"},
      {"strategy -1", kAll, [](auto& a) { a.options.strategy = -1; }, kInvalid, "strategy is -1"},
      {"strategy 6", kAll, [](auto& a) { a.options.strategy = 6; }, kInvalid, "strategy is 6"},
      {"strategy greatest", kAll, [](auto& a) { a.options.strategy = INT32_MAX; }, kInvalid,
       "strategy is 2147483647"},
      {"strategy least", kAll, [](auto& a) { a.options.strategy = INT32_MIN; }, kInvalid,
       "strategy is -2147483648"},
      {"threads -1", kAll, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"threads least", kAll, [](auto& a) { a.options.threads = INT32_MIN; }, kInvalid,
       "threads is -2147483648"},
      {"threads 1025", kAll, [](auto& a) { a.options.threads = 1025; }, kInvalid,
       "threads is 1025"},
      {"threads 64", kAll, [](auto& a) { a.options.threads = 64; }, kOk},
      {"tile_queries -1", kAll, [](auto& a) { a.options.tile_queries = -1; }, kInvalid,
       "tile_queries is -1"},
      {"tile_queries least", kAll, [](auto& a) { a.options.tile_queries = INT64_MIN; }, kInvalid,
       "tile_queries is -9223372036854775808"},
      {"tile_candidates -1", kAll, [](auto& a) { a.options.tile_candidates = -1; }, kInvalid,
       "tile_candidates is -1"},
      {"tile_candidates least", kAll, [](auto& a) { a.options.tile_candidates = INT64_MIN; },
       kInvalid, "tile_candidates is -9223372036854775808"},
      {"tiles beyond everything", kAll,
       [](auto& a) { a.options.tile_queries = a.options.tile_candidates = INT64_MAX; }, kOk},

      // Sizes of options and statistics.
      {"struct_size 0", kAll, [](auto& a) { a.options.struct_size = 0; }, kInvalid,
       "residual_knn_search_options.struct_size is 0"},
      {"struct_size 7", kAll, [](auto& a) { a.options.struct_size = 7; }, kInvalid,
       "residual_knn_search_options.struct_size is 7"},
      {"struct_size greatest", kAll, [](auto& a) { a.options.struct_size = SIZE_MAX; }, kInvalid,
       "residual_knn_search_options.struct_size is 18446744073709551615"},
      {"first byte behind the end", kAll,
       [](auto& a) {
         a.options.struct_size = a.extended.full_size();
         a.extended.tail[0] = 1;
       },
       kInvalid, "residual_knn_search_options has a non-zero byte"},
      {"last byte behind the end", kAll,
       [](auto& a) {
         a.options.struct_size = a.extended.full_size();
         a.extended.tail[63] = 1;
       },
       kInvalid, "residual_knn_search_options has a non-zero byte"},
      {"a newer struct with nothing new", kAll,
       [](auto& a) { a.options.struct_size = a.extended.full_size(); }, kOk},
      {"an older struct with its size only", kAll,
       [](auto& a) { a.extended.Poison(offsetof(residual_knn_search_options, layout)); }, kOk},
      {"an older struct without tiles", kAll,
       [](auto& a) {
         a.extended.Poison(offsetof(residual_knn_search_options, tile_queries));
         a.options.layout = RESIDUAL_KNN_POINT_MAJOR;
         a.options.ranking = RESIDUAL_KNN_ABSOLUTE;
         a.options.strategy = RESIDUAL_KNN_AUTOMATIC;
         a.options.threads = 1;
       },
       kOk},
      {"statistics of size 0", kAll, [](auto& a) { a.statistics_size = 0; }, kInvalid,
       "residual_knn_statistics.struct_size is 0"},
      {"statistics of any size", kAll, [](auto& a) { a.statistics_size = SIZE_MAX; }, kInvalid,
       "residual_knn_statistics.struct_size is 18446744073709551615"},
      {"statistics of an older library", kAll,
       [](auto& a) { a.statistics_size = offsetof(residual_knn_statistics, queries); }, kOk},
  };
}

void TestTable(void** /*state*/) {
  const Indices indices;
  assert_true(CasesHold(Table(), CallNames(),
                        [&](uint32_t call, const std::function<void(Arguments&)>& change) {
                          return MakeCall(indices, call, change);
                        }));
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {cmocka_unit_test(TestTable)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
