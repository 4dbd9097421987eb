// The processes of a communicator as a team. If one of them fails, all learn it in their next exchange, so that none
// waits for ever.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "c_api/team.h"

namespace residual_knn::mpi {

class CommTeam {
 public:
  // Every process of the communicator makes one. Its messages do not mix with others of the communicator.
  explicit CommTeam(MPI_Comm comm);
  ~CommTeam();
  CommTeam(const CommTeam&) = delete;
  CommTeam& operator=(const CommTeam&) = delete;

  [[nodiscard]] MPI_Comm comm() const { return comm_; }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  // This team, for the functions of team.h.
  [[nodiscard]] const residual_knn_team& team() const { return team_; }

  // Called now and then while this process waits for others. Must not throw. Empty: nothing.
  void SetMeanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }
  [[nodiscard]] const std::function<void()>& meanwhile() const { return meanwhile_; }

  // The following functions are called by all processes in the same order. They throw if another process has failed.

  // Every process gives a number. Returns those of all.
  std::vector<int64_t> Share(int64_t number);
  // parts[r] are the bytes of process r: this process sends parts[rank()] and receives the others. The sizes of the parts
  // are the same on all processes.
  void Exchange(std::span<const std::span<unsigned char>> parts);
  // Every process gives a text. Returns those of all.
  std::vector<std::string> ShareText(const std::string& text);
  // Waits for all.
  void Agree() { Share(0); }
  // Throws on all processes unless all have the same number. `what`: "the points differ".
  void RequireSame(uint64_t number, const char* what);

  // Throws what a function of team() has thrown since the last call. A call of the library that returns an error must be
  // followed by this.
  void RethrowCaught();

  // To be called in place of the next exchange: tells the others that this process has failed. Does nothing if this
  // process knows that another has failed. Returns the first process that has failed.
  int Fail(residual_knn_status status, const char* text) noexcept;
  // Whether a process has failed. Then nothing may be exchanged any more.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  // What every process gives at the beginning of every exchange.
  struct Notice {
    int64_t number;
    int64_t status;
  };

  std::vector<Notice> ShareNotices(const Notice& mine);
  // What the failed process says, for all.
  std::string FailureText(int process, const char* mine);
  static residual_knn_status ShareOf(void* user, int64_t number, int64_t* numbers);
  static residual_knn_status ExchangeOf(void* user, unsigned char* const* data,
                                        const int64_t* bytes);
  template <class Call>
  residual_knn_status Caught(const Call& call) noexcept;

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  bool failed_ = false;
  int first_failed_ = 0;
  residual_knn_team team_{};
  std::function<void()> meanwhile_;
  // What a function of team() has thrown, which C must not see.
  residual_knn_status caught_status_ = RESIDUAL_KNN_OK;
  std::string caught_text_;
};

}  // namespace residual_knn::mpi
