// Every argument and option of the eight search functions, with every kind of bad value. Each row of a table is a case.
// Each call must fail with the right status, name the argument, and leave neighbors, distances and statistics
// untouched. A valid search of the same index must then still give the right answer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/checked_callback.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/test_run.h"
#include "support/words.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kN = 40;
constexpr int64_t kD = 2;
constexpr int64_t kM = 5;
constexpr int64_t kQueries = 6;
constexpr int32_t kK = 3;
// Enough space for every case that writes.
constexpr int64_t kRoom = 4096;

enum Function {
  kNeighbors = 1,
  kPredecessors = 2,
  kNewPoints = 4,
  kNewFactor = 8,
  kNeighbors32 = 16,
  kPredecessors32 = 32,
  kNewPoints32 = 64,
  kNewFactor32 = 128,
};
constexpr int kOfRows64 = kNeighbors | kPredecessors;
constexpr int kOfRows32 = kNeighbors32 | kPredecessors32;
constexpr int kOfRows = kOfRows64 | kOfRows32;
constexpr int kOfNewPoints = kNewPoints | kNewPoints32;
constexpr int kOfNewFactor = kNewFactor | kNewFactor32;
constexpr int kAll32 = kOfRows32 | kNewPoints32 | kNewFactor32;
constexpr int kAll = 255;

const char* NameOf(int function) {
  switch (function) {
    case kNeighbors:
      return "neighbors";
    case kPredecessors:
      return "predecessors";
    case kNewPoints:
      return "new_points";
    case kNewFactor:
      return "new_factor";
    case kNeighbors32:
      return "neighbors_int32";
    case kPredecessors32:
      return "predecessors_int32";
    case kNewPoints32:
      return "new_points_int32";
    default:
      return "new_factor_int32";
  }
}

enum class Origin { kInducing, kFactor, kCallback };
constexpr Origin kOrigins[] = {Origin::kInducing, Origin::kFactor, Origin::kCallback};

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
    residual_knn_index* index = nullptr;
    residual_knn_index_create_from_callback(factor.v.data(), kN, kM, factor.p.data(),
                                            CheckedCallback::Evaluate, &callback_, nullptr, &index);
    callback_index_.reset(index);
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
  Origin origin;
  int function;
  std::vector<int64_t> rows = {3, 0, 39, 3, 17, 20};
  int64_t num_queries = kQueries;
  std::vector<double> queries;
  std::vector<double> query_factor;
  std::vector<double> query_residual_variance;
  int32_t k = kK;
  int32_t base = 0;
  int32_t missing = -1;
  bool null_rows = false;
  bool null_queries = false;
  bool null_query_factor = false;
  bool null_query_residual_variance = false;
  bool null_options = false;
  bool null_neighbors = false;
  bool null_distances = false;
  bool null_statistics = false;
  Extended<residual_knn_search_options> extended{residual_knn_search_options_init};
  Extended<residual_knn_statistics> statistics{residual_knn_statistics_init};

  Arguments(const Indices& indices, Origin index_origin, int called)
      : index(indices.Get(index_origin)),
        origin(index_origin),
        function(called),
        queries(indices.queries().values),
        query_factor(indices.query_factor().v),
        query_residual_variance(indices.query_factor().p) {
    options().threads = 1;
    // Poison after struct_size, so that a write is noticed.
    std::memset(reinterpret_cast<unsigned char*>(&statistics) + sizeof(size_t), kPoison,
                sizeof statistics - sizeof(size_t));
  }

  residual_knn_search_options& options() { return extended.options; }
};

struct Outputs {
  Poisoned<int64_t> neighbors{kRoom};
  Poisoned<int32_t> neighbors32{kRoom};
  Poisoned<double> distances{kRoom};
};

residual_knn_status Search(Arguments& a, Outputs& outputs) {
  std::vector<int32_t> rows32;
  for (const int64_t row : a.rows) rows32.push_back(static_cast<int32_t>(row));
  const int64_t* rows = a.null_rows ? nullptr : a.rows.data();
  const int32_t* narrow_rows = a.null_rows ? nullptr : rows32.data();
  const double* queries =
      a.null_queries || a.origin == Origin::kCallback ? nullptr : a.queries.data();
  const double* factor = a.null_query_factor ? nullptr : a.query_factor.data();
  const double* variance =
      a.null_query_residual_variance ? nullptr : a.query_residual_variance.data();
  const residual_knn_search_options* options = a.null_options ? nullptr : &a.options();
  int64_t* neighbors = a.null_neighbors ? nullptr : outputs.neighbors.data();
  int32_t* neighbors32 = a.null_neighbors ? nullptr : outputs.neighbors32.data();
  double* distances = a.null_distances ? nullptr : outputs.distances.data();
  residual_knn_statistics* statistics = a.null_statistics ? nullptr : &a.statistics.options;
  const int64_t count = a.num_queries;
  switch (a.function) {
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

struct Case {
  const char* name;
  int functions;
  std::function<void(Arguments&)> change;
  const char* argument;    // the word that the message must have; null: the call must succeed
  const char* value = "";  // and the text of the value
};

std::vector<Case> PointerAndSizeCases() {
  return {
      {"index NULL", kAll, [](Arguments& a) { a.index = nullptr; }, "index", "NULL"},
      {"neighbors NULL", kAll, [](Arguments& a) { a.null_neighbors = true; }, "neighbors", "NULL"},
      {"distances NULL", kAll, [](Arguments& a) { a.null_distances = true; }, nullptr},
      {"statistics NULL", kAll, [](Arguments& a) { a.null_statistics = true; }, nullptr},
      {"options NULL", kAll, [](Arguments& a) { a.null_options = true; }, nullptr},
      {"queries NULL", kOfNewPoints, [](Arguments& a) { a.null_queries = true; }, "queries",
       "NULL"},
      {"query_factor NULL", kOfNewFactor, [](Arguments& a) { a.null_query_factor = true; },
       "query_factor", "NULL"},
      {"query_residual_variance NULL", kOfNewFactor,
       [](Arguments& a) { a.null_query_residual_variance = true; }, "query_residual_variance",
       "NULL"},
      {"rows NULL, num_queries not n", kOfRows, [](Arguments& a) { a.null_rows = true; },
       "num_queries", "6"},
      {"rows NULL, num_queries n + 1", kOfRows,
       [](Arguments& a) {
         a.null_rows = true;
         a.num_queries = kN + 1;
       },
       "num_queries", "41"},
      {"rows NULL, num_queries n", kOfRows,
       [](Arguments& a) {
         a.null_rows = true;
         a.num_queries = kN;
       },
       nullptr},
      {"num_queries -1", kAll, [](Arguments& a) { a.num_queries = -1; }, "num_queries", "-1"},
      {"num_queries least", kAll, [](Arguments& a) { a.num_queries = INT64_MIN; }, "num_queries",
       "-9223372036854775808"},
      {"num_queries 2^62", kAll, [](Arguments& a) { a.num_queries = kHuge; }, "num_queries",
       "4611686018427387904"},
      {"num_queries greatest", kAll, [](Arguments& a) { a.num_queries = INT64_MAX; }, "num_queries",
       "9223372036854775807"},
      {"num_queries x k wraps to 0", kAll,
       [](Arguments& a) {
         a.num_queries = kHuge;
         a.k = 4;
       },
       "num_queries", "4611686018427387904"},
      {"bytes of num_queries x k wrap", kAll,
       [](Arguments& a) {
         a.num_queries = int64_t{1} << 32;
         a.k = 1 << 29;
       },
       "num_queries", "4294967296"},
      {"num_queries 0", kAll, [](Arguments& a) { a.num_queries = 0; }, nullptr},
      {"num_queries 0, all NULL", kAll,
       [](Arguments& a) {
         a.num_queries = 0;
         a.null_rows = a.null_queries = a.null_query_factor = true;
         a.null_query_residual_variance = a.null_neighbors = a.null_distances = true;
       },
       nullptr},
      {"k 0", kAll, [](Arguments& a) { a.k = 0; }, "k", "0"},
      {"k -1", kAll, [](Arguments& a) { a.k = -1; }, "k", "-1"},
      {"k least", kAll, [](Arguments& a) { a.k = INT32_MIN; }, "k", "-2147483648"},
      {"k 0 without queries", kAll,
       [](Arguments& a) {
         a.k = 0;
         a.num_queries = 0;
       },
       "k", "0"},
      {"k beyond n", kAll, [](Arguments& a) { a.k = 2 * kN; }, nullptr},
  };
}

std::vector<Case> ValueCases() {
  std::vector<Case> cases = {
      {"row -1", kOfRows, [](Arguments& a) { a.rows[2] = -1; }, "rows", "-1"},
      {"row n", kOfRows, [](Arguments& a) { a.rows[5] = kN; }, "rows", "40"},
      {"first row n", kOfRows, [](Arguments& a) { a.rows[0] = kN; }, "rows", "40"},
      {"row least", kOfRows64, [](Arguments& a) { a.rows[0] = INT64_MIN; }, "rows",
       "-9223372036854775808"},
      {"row greatest", kOfRows64, [](Arguments& a) { a.rows[5] = INT64_MAX; }, "rows",
       "9223372036854775807"},
      {"row 2^32", kOfRows64, [](Arguments& a) { a.rows[1] = int64_t{1} << 32; }, "rows",
       "4294967296"},
      {"int32 row least", kOfRows32, [](Arguments& a) { a.rows[0] = INT32_MIN; }, "rows",
       "-2147483648"},
      {"int32 row least, base 1", kOfRows32,
       [](Arguments& a) {
         a.base = 1;
         a.rows = {INT32_MIN, 1, 1, 1, 1, 1};
       },
       "rows", "-2147483648"},
      {"int32 row greatest", kOfRows32, [](Arguments& a) { a.rows[5] = INT32_MAX; }, "rows",
       "2147483647"},
      {"row 0, base 1", kOfRows32, [](Arguments& a) { a.base = 1; }, "rows", "0"},
      {"row n + 1, base 1", kOfRows32,
       [](Arguments& a) {
         a.base = 1;
         a.rows = {1, 2, 3, kN + 1, 4, 5};
       },
       "rows", "41"},
      {"row n, base 1", kOfRows32,
       [](Arguments& a) {
         a.base = 1;
         a.rows = {1, 2, 3, kN, 4, 5};
       },
       nullptr},
      {"base 2", kAll32, [](Arguments& a) { a.base = 2; }, "base", "2"},
      {"base -1", kAll32, [](Arguments& a) { a.base = -1; }, "base", "-1"},
      {"base least", kAll32, [](Arguments& a) { a.base = INT32_MIN; }, "base", "-2147483648"},
      {"base greatest", kAll32, [](Arguments& a) { a.base = INT32_MAX; }, "base", "2147483647"},
      {"missing 0", kAll32, [](Arguments& a) { a.missing = 0; }, "missing", "0"},
      {"missing n - 1", kAll32, [](Arguments& a) { a.missing = kN - 1; }, "missing", "39"},
      {"missing n, base 1", kAll32,
       [](Arguments& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = kN;
       },
       "missing", "40"},
      {"missing 1, base 1", kAll32,
       [](Arguments& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = 1;
       },
       "missing", "1"},
      {"missing n", kAll32, [](Arguments& a) { a.missing = kN; }, nullptr},
      {"missing least", kAll32, [](Arguments& a) { a.missing = INT32_MIN; }, nullptr},
      {"missing greatest", kAll32, [](Arguments& a) { a.missing = INT32_MAX; }, nullptr},
      {"missing 0, base 1", kAll32,
       [](Arguments& a) {
         a.base = 1;
         a.rows.assign(kQueries, 1);
         a.missing = 0;
       },
       nullptr},
      {"query_residual_variance 0", kOfNewFactor,
       [](Arguments& a) { a.query_residual_variance[2] = 0; }, nullptr},
      {"query_residual_variance 1e141", kOfNewFactor,
       [](Arguments& a) { a.query_residual_variance[2] = 1e141; }, "query_residual_variance", "2"},
      {"query_factor 1e71", kOfNewFactor, [](Arguments& a) { a.query_factor[7] = 1e71; },
       "query_factor", "71"},
      {"query far beyond the range", kOfNewPoints, [](Arguments& a) { a.queries[3] = 1e200; },
       "queries"},
      {"query_residual_variance -1e-300", kOfNewFactor,
       [](Arguments& a) { a.query_residual_variance[2] = -1e-300; }, "query_residual_variance",
       "2"},
  };
  struct Bad {
    const char* name;
    double value;
  };
  constexpr Bad kNotFinite[] = {{"NaN", kNan}, {"Inf", kInf}, {"-Inf", -kInf}};
  for (const Bad& bad : kNotFinite) {
    const double value = bad.value;
    for (const size_t at : {0, 5, 11}) {
      for (const int32_t layout : {RESIDUAL_KNN_POINT_MAJOR, RESIDUAL_KNN_DIMENSION_MAJOR}) {
        cases.push_back({bad.name, kOfNewPoints,
                         [=](Arguments& a) {
                           a.queries[at] = value;
                           a.options().layout = layout;
                         },
                         "queries"});
      }
    }
    for (const size_t at : {0, 14, 29}) {
      cases.push_back({bad.name, kOfNewFactor, [=](Arguments& a) { a.query_factor[at] = value; },
                       "query_factor"});
    }
    for (const size_t at : {0, 5}) {
      cases.push_back({bad.name, kOfNewFactor,
                       [=](Arguments& a) { a.query_residual_variance[at] = value; },
                       "query_residual_variance"});
    }
  }
  return cases;
}

std::vector<Case> OptionCases() {
  struct Enum {
    const char* name;
    int32_t residual_knn_search_options::*field;
    int32_t count;
  };
  const Enum enums[] = {{"layout", &residual_knn_search_options::layout, 2},
                        {"ranking", &residual_knn_search_options::ranking, 2},
                        {"strategy", &residual_knn_search_options::strategy, 6}};
  std::vector<Case> cases = {
      {"threads -1", kAll, [](Arguments& a) { a.options().threads = -1; }, "threads", "-1"},
      {"threads least", kAll, [](Arguments& a) { a.options().threads = INT32_MIN; }, "threads",
       "-2147483648"},
      {"threads 1025", kAll, [](Arguments& a) { a.options().threads = 1025; }, "threads", "1025"},
      {"tile_queries -1", kAll, [](Arguments& a) { a.options().tile_queries = -1; }, "tile_queries",
       "-1"},
      {"tile_queries least", kAll, [](Arguments& a) { a.options().tile_queries = INT64_MIN; },
       "tile_queries", "-9223372036854775808"},
      {"tile_candidates -1", kAll, [](Arguments& a) { a.options().tile_candidates = -1; },
       "tile_candidates", "-1"},
      {"tile_candidates least", kAll, [](Arguments& a) { a.options().tile_candidates = INT64_MIN; },
       "tile_candidates", "-9223372036854775808"},
      {"tiles beyond everything", kAll,
       [](Arguments& a) {
         a.options().tile_queries = INT64_MAX;
         a.options().tile_candidates = INT64_MAX;
       },
       nullptr},
      {"many threads", kAll, [](Arguments& a) { a.options().threads = 64; }, nullptr},
  };
  for (const Enum& e : enums) {
    const auto field = e.field;
    const auto set = [field](int32_t value) {
      return [field, value](Arguments& a) { a.options().*field = value; };
    };
    cases.push_back({"-1", kAll, set(-1), e.name, "-1"});
    cases.push_back({"one too many", kAll, set(e.count), e.name, e.count == 2 ? "2" : "6"});
    cases.push_back({"greatest", kAll, set(INT32_MAX), e.name, "2147483647"});
    cases.push_back({"least", kAll, set(INT32_MIN), e.name, "-2147483648"});
  }
  return cases;
}

std::vector<Case> StructSizeCases() {
  return {
      {"struct_size 0", kAll, [](Arguments& a) { a.options().struct_size = 0; }, "struct_size",
       "0"},
      {"struct_size 7", kAll, [](Arguments& a) { a.options().struct_size = 7; }, "struct_size",
       "7"},
      {"struct_size greatest", kAll, [](Arguments& a) { a.options().struct_size = SIZE_MAX; },
       "struct_size", "18446744073709551615"},
      {"first byte behind the end", kAll,
       [](Arguments& a) {
         a.options().struct_size = a.extended.full_size();
         a.extended.tail[0] = 1;
       },
       "residual_knn_search_options", "non-zero"},
      {"last byte behind the end", kAll,
       [](Arguments& a) {
         a.options().struct_size = a.extended.full_size();
         a.extended.tail[63] = 1;
       },
       "residual_knn_search_options", "non-zero"},
      {"a newer struct with nothing new", kAll,
       [](Arguments& a) { a.options().struct_size = a.extended.full_size(); }, nullptr},
      {"an older struct with its size only", kAll,
       [](Arguments& a) {
         std::memset(&a.options(), kPoison, sizeof a.options());
         a.options().struct_size = offsetof(residual_knn_search_options, layout);
       },
       nullptr},
      {"an older struct without tiles", kAll,
       [](Arguments& a) {
         const int32_t threads = a.options().threads;
         std::memset(&a.options(), kPoison, sizeof a.options());
         a.options().struct_size = offsetof(residual_knn_search_options, tile_queries);
         a.options().layout = RESIDUAL_KNN_POINT_MAJOR;
         a.options().ranking = RESIDUAL_KNN_ABSOLUTE;
         a.options().strategy = RESIDUAL_KNN_AUTOMATIC;
         a.options().threads = threads;
       },
       nullptr},
      {"statistics of size 0", kAll, [](Arguments& a) { a.statistics.options.struct_size = 0; },
       "struct_size", "0"},
      {"statistics of any size", kAll,
       [](Arguments& a) { a.statistics.options.struct_size = SIZE_MAX; }, "struct_size",
       "18446744073709551615"},
      {"statistics of an older library", kAll,
       [](Arguments& a) {
         a.statistics.options.struct_size = offsetof(residual_knn_statistics, queries);
       },
       nullptr},
  };
}

// A valid search with a function. Checks that statistics and outputs are written correctly.
struct GoodAnswer {
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
  bool operator==(const GoodAnswer&) const = default;
};

GoodAnswer AskGood(const Indices& indices, Origin origin, int function) {
  Arguments arguments(indices, origin, function);
  Outputs outputs;
  if (Search(arguments, outputs) != RESIDUAL_KNN_OK) return {};
  GoodAnswer answer;
  for (int64_t i = 0; i < kQueries * kK; ++i) {
    answer.neighbors.push_back(function >= kNeighbors32 ? outputs.neighbors32.data()[i]
                                                        : outputs.neighbors.data()[i]);
    answer.distances.push_back(outputs.distances.data()[i]);
  }
  return answer;
}

bool Touched(const Arguments& before, const Arguments& after, const Outputs& outputs) {
  return !outputs.neighbors.untouched() || !outputs.neighbors32.untouched() ||
         !outputs.distances.untouched() ||
         std::memcmp(&before.statistics, &after.statistics, sizeof before.statistics) != 0;
}

bool SuccessHolds(const std::string& name, const Arguments& before, Arguments& after,
                  const Outputs& outputs) {
  if (before.num_queries == 0 &&
      !(outputs.neighbors.untouched() && outputs.distances.untouched())) {
    return Fail(name + ": results without queries");
  }
  if (before.null_statistics) return true;
  const auto* old_bytes = reinterpret_cast<const unsigned char*>(&before.statistics);
  const auto* new_bytes = reinterpret_cast<const unsigned char*>(&after.statistics);
  const size_t size = before.statistics.options.struct_size;
  if (after.statistics.options.struct_size != size ||
      std::memcmp(old_bytes + size, new_bytes + size, sizeof before.statistics - size) != 0) {
    return Fail(name + ": statistics were written beyond their struct_size");
  }
  return after.statistics.options.strategy > RESIDUAL_KNN_AUTOMATIC ||
         Fail(name + ": no statistics");
}

bool CaseHolds(const Indices& indices, Origin origin, int function, const Case& test) {
  constexpr const char* kOriginNames[] = {"inducing", "factor", "callback"};
  const std::string name = std::string(NameOf(function)) + ", " +
                           kOriginNames[static_cast<int>(origin)] + ", " + test.name +
                           (test.argument != nullptr ? std::string(" for ") + test.argument : "");
  const GoodAnswer good = AskGood(indices, origin, function);
  if (good.neighbors.empty()) return Fail(name + ": " + residual_knn_last_error());
  Arguments arguments(indices, origin, function);
  test.change(arguments);
  const Arguments before = arguments;
  Outputs outputs;
  const residual_knn_status status = Search(arguments, outputs);
  if (test.argument == nullptr) {
    if (status != RESIDUAL_KNN_OK) return Fail(name + ": " + residual_knn_last_error());
    return SuccessHolds(name, before, arguments, outputs);
  }
  const std::string message = residual_knn_last_error();
  if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) {
    return Fail(name + ": status " + std::to_string(status) + " " + message);
  }
  if (Touched(before, arguments, outputs)) return Fail(name + ": an output was touched");
  if (!ContainsWord(message, test.argument)) {
    return Fail(name + ": the message does not name " + test.argument + ": " + message);
  }
  if (message.find(test.value) == std::string::npos) {
    return Fail(name + ": the message does not have " + test.value + ": " + message);
  }
  return AskGood(indices, origin, function) == good || Fail(name + ": the index was harmed");
}

bool Fits(Origin origin, int function) {
  if ((function & kOfNewPoints) != 0) return origin == Origin::kInducing;
  if ((function & kOfNewFactor) != 0) return origin != Origin::kInducing;
  return true;
}

bool CasesHold(const std::vector<Case>& cases) {
  const Indices indices;
  bool all = true;
  int count = 0;
  for (const Case& test : cases) {
    for (int function = kNeighbors; function <= kNewFactor32; function *= 2) {
      if ((test.functions & function) == 0) continue;
      for (const Origin origin : kOrigins) {
        if (!Fits(origin, function)) continue;
        all = CaseHolds(indices, origin, function, test) && all;
        ++count;
      }
    }
  }
  std::printf("%d cases\n", count);
  return all;
}

// New points need an index made from inducing points; a new factor needs an index made from V and p. Coordinates are
// needed if the library evaluates the kernel.
bool UnfitCallsHold() {
  const Indices indices;
  bool all = true;
  for (int function = kNeighbors; function <= kNewFactor32; function *= 2) {
    for (const Origin origin : kOrigins) {
      Arguments arguments(indices, origin, function);
      const Arguments before = arguments;
      Outputs outputs;
      if (Fits(origin, function)) continue;
      const residual_knn_status status = Search(arguments, outputs);
      if (status != RESIDUAL_KNN_ERROR_UNSUPPORTED || Touched(before, arguments, outputs)) {
        all = Fail(std::string(NameOf(function)) + ": status " + std::to_string(status));
      }
    }
  }
  for (const int function : {kNewFactor, kNewFactor32}) {
    Arguments arguments(indices, Origin::kFactor, function);
    arguments.null_queries = true;
    const Arguments before = arguments;
    Outputs outputs;
    const residual_knn_status status = Search(arguments, outputs);
    if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT || Touched(before, arguments, outputs) ||
        !ContainsWord(residual_knn_last_error(), "queries")) {
      all = Fail("new factor without coordinates: status " + std::to_string(status));
    }
    arguments.null_queries = false;
    arguments.queries[3] = kNan;
    if (Search(arguments, outputs) != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT ||
        !ContainsWord(residual_knn_last_error(), "queries") ||
        Touched(before, arguments, outputs)) {
      all = Fail("new factor with NaN among the coordinates");
    }
  }
  return all;
}

void TestPointersAndSizes(void** /*state*/) { assert_true(CasesHold(PointerAndSizeCases())); }
void TestValues(void** /*state*/) { assert_true(CasesHold(ValueCases())); }
void TestOptions(void** /*state*/) { assert_true(CasesHold(OptionCases())); }
void TestStructSizes(void** /*state*/) { assert_true(CasesHold(StructSizeCases())); }
void TestUnfitCalls(void** /*state*/) { assert_true(UnfitCallsHold()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestPointersAndSizes), cmocka_unit_test(TestValues),
      cmocka_unit_test(TestOptions),          cmocka_unit_test(TestStructSizes),
      cmocka_unit_test(TestUnfitCalls),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
