#include "mpi/deal.h"

#include <algorithm>

#include "mpi/requests.h"

namespace residual_knn::mpi {

Deal::Deal(const CommTeam& team, int64_t lots)
    : team_(team), comm_(team.comm()), lots_(lots), rank_(team.rank()), size_(team.size()) {
  if (rank_ != 0) Ask(false);
  next_ = std::min<int64_t>(lots, 1);
}

// Each question is asked when the lot before it begins, so that the answer is there when it is needed.
void Deal::Ask(bool stop) {
  const int64_t question = stop ? 1 : 0;
  CheckMpi(MPI_Irecv(&answer_, 2, MPI_INT64_T, 0, kAnswer, comm_, &request_), "MPI_Irecv");
  // A message of this size does not wait for its receiver.
  CheckMpi(MPI_Send(&question, 1, MPI_INT64_T, 0, kAsk, comm_), "MPI_Send");
}

int64_t Deal::TakeAnswer() {
  WaitAsleep(&request_, team_.meanwhile());
  word_ = answer_.word;
  return answer_.lot;
}

int64_t Deal::Next() {
  if (ended_) return kNone;
  int64_t lot = kNone;
  if (rank_ == 0) {
    Serve();
    lot = lots_ > 0 && !begun_ ? 0 : Take();
    begun_ = true;
  } else {
    lot = TakeAnswer();
    if (lot != kNone) Ask(false);
  }
  ended_ = lot == kNone;
  return lot;
}

void Deal::Serve() {
  if (rank_ != 0) return;
  while (told_ < size_ - 1) {
    int waits = 0;
    MPI_Status status;
    CheckMpi(MPI_Iprobe(MPI_ANY_SOURCE, kAsk, comm_, &waits, &status), "MPI_Iprobe");
    if (waits == 0) return;
    int64_t stop = 0;
    CheckMpi(MPI_Recv(&stop, 1, MPI_INT64_T, status.MPI_SOURCE, kAsk, comm_, MPI_STATUS_IGNORE),
             "MPI_Recv");
    if (stop != 0) next_ = lots_;
    const Answer answer{Take(), word_};
    if (answer.lot == kNone) ++told_;
    CheckMpi(MPI_Send(&answer, 2, MPI_INT64_T, status.MPI_SOURCE, kAnswer, comm_), "MPI_Send");
  }
}

void Deal::Finish() {
  if (rank_ == 0) {
    next_ = ended_ ? next_ : lots_;
    Pause pause;
    while (told_ < size_ - 1) {
      const int told = told_;
      Serve();
      if (told != told_) continue;
      if (team_.meanwhile()) team_.meanwhile()();
      pause.Sleep();
    }
    ended_ = true;
    return;
  }
  while (!ended_) {
    ended_ = TakeAnswer() == kNone;
    if (!ended_) Ask(true);
  }
}

}  // namespace residual_knn::mpi
