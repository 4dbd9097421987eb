#include "tools/run_fingerprint.h"

#include <filesystem>
#include <span>
#include <string>
#include <system_error>

#include "base/fingerprint.h"
#include "residual_knn.h"
#include "tools/index_file.h"

namespace residual_knn::cli {
namespace {

template <typename... Items>
uint64_t Of(const Items&... items) {
  Fingerprint fingerprint;
  (fingerprint.Add(items), ...);
  return fingerprint.get();
}

template <typename... Lists>
uint64_t OfAll(const Lists&... lists) {
  Fingerprint fingerprint;
  (fingerprint.AddAll(std::span(lists)), ...);
  return fingerprint.get();
}

// The path of a file from the folder of the output. The same run in another folder, or with another way to write the
// path, has the same.
std::string FromOutput(const std::string& path, const std::string& output) {
  if (path.empty()) return path;
  std::error_code ignored;
  const auto whole = [&](const std::string& name) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(name), ignored);
  };
  return whole(path).lexically_proximate(whole(output).parent_path()).string();
}

// Of a run with --index. All that the file holds counts as one thing: other points, for example, are another index.
constexpr uint64_t kInIndex = 1;

uint64_t IndexOf(const NeighborsOptions& options) {
  return options.index.empty() ? 0 : FingerprintOfIndexFile(options.index);
}

uint64_t PointsOf(const NeighborsOptions& options, const Question& question) {
  if (!options.index.empty()) return kInIndex;
  return Of(question.points.n, OfAll(question.points.values));
}

uint64_t InducingOf(const NeighborsOptions& options, const Question& question) {
  if (!options.index.empty()) return kInIndex;
  return Of(question.inducing.m, OfAll(question.inducing.values));
}

uint64_t OrderOf(const NeighborsOptions& options, const Question& question) {
  if (!options.index.empty()) return kInIndex;
  return Of(options.order, OfAll(question.order));
}

uint64_t ModelOf(const NeighborsOptions& options) {
  if (!options.index.empty()) return kInIndex;
  Fingerprint fingerprint;
  fingerprint.Add(options.kernel);
  for (const double number : {options.nu, options.alpha, options.variance, options.nugget,
                              options.jitter, options.max_jitter}) {
    fingerprint.Add(number);
  }
  fingerprint.AddAll(std::span(options.lengthscales));
  return fingerprint.get();
}

uint64_t QueriesOf(const NeighborsOptions& options, const Question& question) {
  return Of(!options.queries.empty(), !options.groups.empty(), !options.new_points.empty(),
            OfAll(question.rows), OfAll(question.groups.numbers, question.groups.offsets),
            OfAll(question.groups.rows), OfAll(question.new_points.values));
}

uint64_t SearchOf(const NeighborsOptions& options) {
  return Of(options.k, options.threshold.has_value(), options.threshold.value_or(0),
            options.predecessors, options.ranking, options.selection, options.candidates,
            options.weights_jitter);
}

uint64_t OutputOf(const NeighborsOptions& options) {
  Fingerprint fingerprint;
  for (const std::string* path :
       {&options.output, &options.weights, &options.pick_variances, &options.variances}) {
    fingerprint.Add(std::string_view(FromOutput(*path, options.output)));
  }
  fingerprint.Add(options.base);
  return fingerprint.get();
}

}  // namespace

std::vector<NamedFingerprint> FingerprintsOf(const NeighborsOptions& options,
                                             const Question& question) {
  return {
      {"version of the program", Of(std::string_view(residual_knn_version()))},
      {"SIMD target", Of(std::string_view(residual_knn_simd_target()))},
      {"saved index", IndexOf(options)},
      {"points", PointsOf(options, question)},
      {"model", ModelOf(options)},
      {"inducing points", InducingOf(options, question)},
      {"order", OrderOf(options, question)},
      {"queries", QueriesOf(options, question)},
      {"candidate lists", OfAll(question.candidates.offsets, question.candidates.rows)},
      {"search options", SearchOf(options)},
      {"slice", Of(options.slice.number, options.slice.count)},
      {"output", OutputOf(options)},
  };
}

}  // namespace residual_knn::cli
