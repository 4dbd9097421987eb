// Deals numbered lots of work to processes. Each lot goes to the process that asks next, so that all end at about the
// same time. Process 0 deals. It works too, begins with lot 0, and answers the others when it looks at its messages.
#pragma once

#include <mpi.h>

#include <cstdint>

#include "mpi/comm_team.h"

namespace residual_knn::mpi {

class Deal {
 public:
  // Every process of the team, which must outlive this object, makes one with the same number of lots. No other message of
  // its communicator may have tags kAsk and kAnswer meanwhile.
  Deal(const CommTeam& team, int64_t lots);
  Deal(const Deal&) = delete;
  Deal& operator=(const Deal&) = delete;

  static constexpr int64_t kNone = -1;
  // The next lot of this process, kNone if there are no more.
  int64_t Next();

  // On process 0: answers those who ask. To be called about every 50 ms while it works. Does nothing on others.
  void Serve();

  // Process 0 can tell the others a number, which they get with their next lots.
  static constexpr int64_t kNoWord = -1;
  void SetWord(int64_t word) { word_ = word; }
  // The number that was told last; kNoWord: none.
  [[nodiscard]] int64_t word() const { return word_; }

  [[nodiscard]] int rank() const { return rank_; }

  // Must be called at the end. On process 0, serves until every process knows that there are no more lots. If lots are
  // left because this process has failed, nobody gets them.
  void Finish();

 private:
  static constexpr int kAsk = 1;
  static constexpr int kAnswer = 2;

  struct Answer {
    int64_t lot;
    int64_t word;
  };

  void Ask(bool stop);
  int64_t TakeAnswer();
  int64_t Take() { return next_ < lots_ ? next_++ : kNone; }

  const CommTeam& team_;
  MPI_Comm comm_;
  int64_t lots_;
  int rank_;
  int size_;
  bool begun_ = false;  // on process 0: lot 0 is taken
  int64_t next_ = 0;    // on process 0
  int told_ = 0;        // on process 0: how many others know that there are no more lots
  bool ended_ = false;  // this process has got kNone
  int64_t word_ = kNoWord;
  Answer answer_{};  // to the last question of this process
  MPI_Request request_ = MPI_REQUEST_NULL;
};

}  // namespace residual_knn::mpi
