// The program residual-knn-mpi: the processes of mpirun are partners.
#include <fcntl.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/fingerprint.h"
#include "mpi/agreement.h"
#include "mpi/comm_team.h"
#include "mpi/failure.h"
#include "mpi/mail.h"
#include "residual_knn_mpi.h"
#include "tools/number_text.h"
#include "tools/partners.h"
#include "tools/point_order.h"
#include "tools/range_search.h"
#include "tools/run_fingerprint.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {
namespace {

// From BeginProcess to EndProcess.
std::unique_ptr<mpi::CommTeam> team;

constexpr size_t kDigits = 16;  // of a fingerprint

// A line with name and number for everything that all processes must have in common.
std::string DescribeInput(const NeighborsOptions& options, const Question& question) {
  std::string text;
  for (const NamedFingerprint& one : FingerprintsOf(options, question)) {
    // Process 0 chooses these for all, or uses them alone.
    const bool is_shared =
        one.name == "inducing points" || one.name == "order" || one.name == "output";
    if (!is_shared) text += Hexadecimal(one.value, kDigits) + one.name + '\n';
  }
  Fingerprint strategy;
  strategy.Add(options.strategy);
  return text + Hexadecimal(strategy.get(), kDigits) + "strategy\n";
}

// The names of the lines in which two texts of DescribeInput differ.
std::string DifferencesOf(const std::string& one, const std::string& other) {
  std::string names;
  for (size_t at = 0; at < one.size();) {
    const size_t end = one.find('\n', at);
    const std::string line = one.substr(at, end - at);
    if (other.find(line + '\n') == std::string::npos) {
      names += (names.empty() ? "" : ", ") + line.substr(kDigits);
    }
    at = end + 1;
  }
  return names;
}

void RequireSameInput(const NeighborsOptions& options, const Question& question) {
  const std::vector<std::string> inputs = team->ShareText(DescribeInput(options, question));
  for (size_t process = 1; process < inputs.size(); ++process) {
    if (inputs[process] == inputs[0]) continue;
    throw std::runtime_error("processes 0 and " + std::to_string(process) +
                             " of mpirun differ in: " + DifferencesOf(inputs[0], inputs[process]) +
                             ". Every process must read the same files with the same options");
  }
}

mpi::Bytes ToLetter(const RangeTask& task) {
  mpi::Bytes letter;
  mpi::PutOne(task.range, &letter);
  mpi::Put(task.place.query_bytes, &letter);
  for (const FilePlace& file : task.place.files) {
    mpi::Put(std::span<const char>(file.path), &letter);
    mpi::PutOne(file.end, &letter);
    mpi::PutOne(file.mark, &letter);
  }
  return letter;
}

RangeTask TaskIn(const mpi::Bytes& letter) {
  mpi::BytesReader reader(letter);
  RangeTask task;
  task.range = reader.TakeOne<QueryRange>();
  task.place.query_bytes = reader.Take<int64_t>();
  while (!reader.AtEnd()) {
    const std::vector<char> path = reader.Take<char>();
    FilePlace& file = task.place.files.emplace_back();
    file.path.assign(path.begin(), path.end());
    file.end = reader.TakeOne<int64_t>();
    file.mark = reader.TakeOne<uint64_t>();
  }
  return task;
}

}  // namespace

void BeginProcess(int argc, char** argv) {
  {
    // The threads of MPI must not take signals that are held later.
    const SignalHold hold;
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  }
  team = std::make_unique<mpi::CommTeam>(MPI_COMM_WORLD);
  if (team->rank() == 0) return;
  // Help, for example, is printed once.
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
}

int EndProcess(int exit_code) {
  if (exit_code == 0) {
    // Asleep, until process 0 has written its files.
    try {
      team->Agree();
    } catch (const std::exception&) {
      exit_code = 1;
    }
  }
  team.reset();
  MPI_Finalize();
  return exit_code;
}

bool ReportsFailure(std::string_view message) {
  if (team->failed()) return false;
  return team->Fail(RESIDUAL_KNN_ERROR_INTERNAL, std::string(message).c_str()) == team->rank();
}

bool HasPartners() { return true; }

bool IsFirstProcess() { return team->rank() == 0; }

void BeginSharing(const NeighborsOptions& options) {
  mpi::RequireSameLibrary(*team);
  for (const std::string* input :
       {&options.points, &options.inducing_points, &options.queries, &options.groups,
        &options.new_points, &options.candidate_lists, &options.start}) {
    if (*input != "-") continue;
    throw std::runtime_error(
        "-: under mpirun, every process reads the files, and only one could read standard input");
  }
}

void ShareQuestion(const NeighborsOptions& options, Question* question) {
  RequireSameInput(options, *question);
  mpi::Bytes letter;
  mpi::PutOne(question->inducing.m, &letter);
  mpi::Put(question->inducing.values, &letter);
  mpi::Put(question->order, &letter);
  letter = mpi::LetterOfFirst(*team, std::move(letter));
  if (team->rank() == 0) return;
  mpi::BytesReader reader(letter);
  question->inducing.m = reader.TakeOne<int64_t>();
  question->inducing.values = reader.Take<double>();
  question->order = reader.Take<int64_t>();
  question->positions = InverseOrder(question->order);
}

NeighborsOptions OptionsOfFollower(const NeighborsOptions& options) {
  NeighborsOptions own = options;
  if (own.inducing_points.empty()) own.inducing = 0;
  own.order = RESIDUAL_KNN_ORDER_GIVEN;
  own.write_order.clear();
  own.write_inducing.clear();
  return own;
}

residual_knn_status CreateIndex(const double* points, int64_t n, int64_t d,
                                const std::vector<double>& lengthscales, const double* inducing,
                                int64_t m, const residual_knn_model_options& options,
                                residual_knn_index** index) {
  residual_knn_model_options own = options;
  // Each process has computed what its limit of memory leaves.
  for (const int64_t of_one : team->Share(options.max_bytes)) {
    own.max_bytes = std::min(own.max_bytes, of_one);
  }
  return residual_knn_mpi_index_create(team->comm(), points, n, d, lengthscales.data(),
                                       std::ssize(lengthscales), inducing, m, &own, index);
}

void ShareOrder(std::vector<int64_t>* order) {
  mpi::Bytes letter;
  mpi::Put(*order, &letter);
  letter = mpi::LetterOfFirst(*team, std::move(letter));
  mpi::BytesReader reader(letter);
  *order = reader.Take<int64_t>();
}

void WhileWaiting(const std::function<void()>& look) { team->SetMeanwhile(look); }

RangeAnswer SearchRange(const RangeTask& task, const NeighborsOptions& options,
                        const Question& question, const residual_knn_index* index,
                        ProgressBar* progress) {
  mpi::LetterOfFirst(*team, ToLetter(task));
  return SearchTogether(*team, task, {options, question, index, progress});
}

// An empty letter.
void EndSearches() { mpi::LetterOfFirst(*team, {}); }

void FollowSearches(const NeighborsOptions& options, const Question& question,
                    const residual_knn_index* index, ProgressBar* progress) {
  while (true) {
    const mpi::Bytes letter = mpi::LetterOfFirst(*team, {});
    if (letter.empty()) return;
    SearchTogether(*team, TaskIn(letter), {options, question, index, progress});
  }
}

}  // namespace residual_knn::cli
