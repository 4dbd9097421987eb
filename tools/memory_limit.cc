#include "tools/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <locale>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "parallel/threads.h"
#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr double kMegabyte = 1 << 20;
// What one thread of a search needs while it runs, rows of V not counted.
constexpr double kThreadBytes = 24 * kMegabyte;
// Rows of V that one thread keeps: see max_bytes of residual_knn_model_options.
constexpr double kMostRowBytes = 64 * kMegabyte;
constexpr double kRowsOneIn = 16;
// Two runs of the same command differ by less.
constexpr double kSlack = 4 * kMegabyte;

// The most memory that this program has had so far. getrusage would count what the process had before it became this
// program, for example that of a large session of R.
double PeakBytes() {
  constexpr std::string_view kPeak = "VmHWM:";
  std::ifstream file("/proc/self/status");
  file.imbue(std::locale::classic());
  std::string word;
  double kilobytes = 0;
  while (file >> word) {
    if (word == kPeak && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// The bytes that the index needs, by the last message of the library; nothing if that is about something else.
std::optional<double> NeededBytes() {
  constexpr std::string_view kNeeds = "the index needs ";
  const std::string_view message = residual_knn_last_error();
  const size_t at = message.find(kNeeds);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = message.substr(at + kNeeds.size());
  const std::optional<int64_t> bytes = ParseWhole(rest.substr(0, rest.find(' ')));
  if (!bytes) return std::nullopt;
  return static_cast<double>(*bytes);
}

// As --memory-limit takes it; rounded up.
std::string Megabytes(double bytes) {
  return std::to_string(static_cast<int64_t>(std::ceil(bytes / kMegabyte))) + "M";
}

}  // namespace

double FactorBytes(int64_t n, int64_t m) {
  return sizeof(double) * static_cast<double>(n) * static_cast<double>(m);
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  file.imbue(std::locale::classic());
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

IndexMemory::IndexMemory(const IndexOptions& options, RunBytes run)
    : limit_(options.memory_limit),
      threads_(static_cast<double>(ResolveThreads(static_cast<int>(options.threads)))),
      run_(std::move(run)) {
  if (limit_ == 0) return;
  fixed_ = std::max(PeakBytes() - run_.index_file, ResidentBytes()) + run_.order +
           threads_ * kThreadBytes;
  // The library says what it needs, even if nothing is left.
  max_bytes_ = std::max<int64_t>(
      static_cast<int64_t>(static_cast<double>(limit_) - fixed_ - Varying(limit_)), 1);
}

double IndexMemory::Varying(int64_t limit) const {
  const double rows =
      std::min({kMostRowBytes, static_cast<double>(limit) / kRowsOneIn, run_.factor});
  return run_.answer(limit) + threads_ * rows;
}

void IndexMemory::CheckStatus(residual_knn_status status) const {
  if (status != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY || limit_ == 0) return;
  const std::optional<double> index = NeededBytes();
  if (!index) return;
  // With a larger limit, the answer and the rows of V take more.
  constexpr int kMostRounds = 64;
  double needed = 0;
  auto next = static_cast<double>(limit_);
  for (int round = 0; round < kMostRounds && next > needed; ++round) {
    needed = next;
    next = fixed_ + Varying(static_cast<int64_t>(needed)) + *index + kSlack;
  }
  throw std::runtime_error("--memory-limit: " + std::to_string(limit_) + " bytes are too few: " +
                           Megabytes(std::max(needed, next)) + " are needed, " + Megabytes(*index) +
                           " of them for the index, the others for the points, the answer and the "
                           "threads");
}

}  // namespace residual_knn::cli
