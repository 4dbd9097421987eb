// Letters between the processes of a team: bytes that one process writes for another.
#pragma once

#include <functional>
#include <vector>

#include "mpi/bytes.h"
#include "mpi/comm_team.h"

namespace residual_knn::mpi {

// outgoing[r] is for process r. Returns what the processes have sent to this one. All call it together.
std::vector<Bytes> ExchangeMail(CommTeam& team, std::vector<Bytes> outgoing);

// Gives the letters of all processes to take() on process 0, its own first. All call it together.
void GatherMail(CommTeam& team, Bytes letter, const std::function<void(Bytes letter)>& take);

// Returns the letter of process 0 on all processes; the letters of others are ignored. All call it together.
Bytes LetterOfFirst(CommTeam& team, Bytes letter);

}  // namespace residual_knn::mpi
