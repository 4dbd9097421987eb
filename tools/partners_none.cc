// The program residual-knn, which works alone. One of several processes of mpirun hands over to residual-knn-mpi.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "tools/messages.h"
#include "tools/neighbors_search.h"
#include "tools/number_text.h"
#include "tools/partners.h"
#include "tools/queries.h"

namespace residual_knn::cli {
namespace {

// The first of these environment variables that is a number.
std::optional<int64_t> NumberOfLauncher(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* const value = std::getenv(name);
    if (value == nullptr) continue;
    if (const std::optional<int64_t> number = ParseWhole(value)) return number;
  }
  return std::nullopt;
}

// The number of processes, of which mpirun tells this one; 1 if there is no mpirun.
int64_t ProcessesOfLauncher() {
  return NumberOfLauncher({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}).value_or(1);
}

// Ends the process with an error, which the first process tells for all. mpirun then ends the others. If it does not, they
// have another command than the first process, and tell the error too.
[[noreturn]] void EndWithError(const std::string& message, int exit_code) {
  constexpr std::chrono::seconds kWait(5);
  if (NumberOfLauncher({"OMPI_COMM_WORLD_RANK", "PMI_RANK"}).value_or(0) != 0) {
    std::this_thread::sleep_for(kWait);
  }
  WriteMessageLine("error: " + message);
  _exit(exit_code);
}

}  // namespace

void BeginProcess(int argc, char** argv) {
  if (argc < 2 || ProcessesOfLauncher() < 2) return;
  if (std::string_view(argv[1]) == "index") {
    // Each process would write the same file.
    constexpr int kWrongUse = 2;
    EndWithError("index: an index is made by one process, without mpirun", kWrongUse);
  }
  if (std::string_view(argv[1]) != "neighbors") return;
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string program = (self.parent_path() / "residual-knn-mpi").string();
  execv(program.c_str(), argv);
  const std::string why = std::generic_category().message(errno);
  EndWithError("this is one of several processes of mpirun, for which " + program +
                   " is needed: " + why + " (docs/install.md)",
               1);
}

int EndProcess(int exit_code) { return exit_code; }

bool ReportsFailure(std::string_view /*message*/) { return true; }

bool HasPartners() { return false; }

bool IsFirstProcess() { return true; }

void BeginSharing(const NeighborsOptions& /*options*/) {}

void ShareQuestion(const NeighborsOptions& /*options*/, Question* /*question*/) {}

NeighborsOptions OptionsOfFollower(const NeighborsOptions& options) { return options; }

residual_knn_status CreateIndex(const double* points, int64_t n, int64_t d,
                                const std::vector<double>& lengthscales, const double* inducing,
                                int64_t m, const residual_knn_model_options& options,
                                residual_knn_index** index) {
  return residual_knn_index_create(points, n, d, lengthscales.data(), std::ssize(lengthscales),
                                   inducing, m, &options, index);
}

void ShareOrder(std::vector<int64_t>* /*order*/) {}

void WhileWaiting(const std::function<void()>& /*look*/) {}

RangeAnswer SearchRange(const RangeTask& task, const NeighborsOptions& options,
                        const Question& question, const residual_knn_index* index,
                        ProgressBar* progress) {
  const Queries queries = QueriesIn(task.range, options, question);
  RangeAnswer found;
  found.answer = Search(options, question, queries, index, progress);
  if (options.HasWeights()) {
    found.jittered = AddWeights(options, question, queries, index, &found.answer, progress);
  }
  return found;
}

void EndSearches() {}

void FollowSearches(const NeighborsOptions& /*options*/, const Question& /*question*/,
                    const residual_knn_index* /*index*/, ProgressBar* /*progress*/) {}

}  // namespace residual_knn::cli
