#include "mpi/mail.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "mpi/requests.h"

namespace residual_knn::mpi {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;  // MPI counts in int
constexpr int kLetter = 3;
constexpr int kTurn = 4;

// Calls transfer(data, count) for pieces of a letter.
template <class Transfer>
void ForPieces(Bytes& letter, const Transfer& transfer) {
  for (size_t done = 0; done < letter.size(); done += kMostBytes) {
    transfer(letter.data() + done, static_cast<int>(std::min(kMostBytes, letter.size() - done)));
  }
}

}  // namespace

std::vector<Bytes> ExchangeMail(CommTeam& team, std::vector<Bytes> outgoing) {
  const auto size = static_cast<size_t>(team.size());
  const auto rank = static_cast<size_t>(team.rank());
  // Row r: the sizes of the letters of process r.
  std::vector<int64_t> sizes(size * size);
  for (size_t to = 0; to < size; ++to) sizes[rank * size + to] = std::ssize(outgoing[to]);
  std::vector<std::span<unsigned char>> parts;
  for (size_t from = 0; from < size; ++from) {
    parts.emplace_back(reinterpret_cast<unsigned char*>(sizes.data() + from * size),
                       size * sizeof(int64_t));
  }
  team.Exchange(parts);
  std::vector<Bytes> incoming(size);
  for (size_t from = 0; from < size; ++from) {
    if (from != rank) incoming[from].resize(static_cast<size_t>(sizes[from * size + rank]));
  }
  // Nobody may fail between the messages: the memory for them is there now.
  team.Agree();
  std::vector<MPI_Request> requests;
  for (size_t other = 0; other < size; ++other) {
    if (other == rank) continue;
    const int process = static_cast<int>(other);
    ForPieces(incoming[other], [&](unsigned char* data, int count) {
      CheckMpi(
          MPI_Irecv(data, count, MPI_BYTE, process, kLetter, team.comm(), &requests.emplace_back()),
          "MPI_Irecv");
    });
    ForPieces(outgoing[other], [&](unsigned char* data, int count) {
      CheckMpi(
          MPI_Isend(data, count, MPI_BYTE, process, kLetter, team.comm(), &requests.emplace_back()),
          "MPI_Isend");
    });
  }
  WaitForTransfer(requests, team.meanwhile());
  incoming[rank] = std::move(outgoing[rank]);
  return incoming;
}

void GatherMail(CommTeam& team, Bytes letter, const std::function<void(Bytes letter)>& take) {
  const std::vector<int64_t> sizes = team.Share(std::ssize(letter));
  int64_t turn = 0;
  if (team.rank() != 0) {
    MPI_Request request = MPI_REQUEST_NULL;
    CheckMpi(MPI_Irecv(&turn, 1, MPI_INT64_T, 0, kTurn, team.comm(), &request), "MPI_Irecv");
    WaitAsleep(&request, team.meanwhile());
    // Process 0 had no room.
    if (turn == 0) return;
    std::vector<MPI_Request> requests;
    ForPieces(letter, [&](unsigned char* data, int count) {
      CheckMpi(MPI_Isend(data, count, MPI_BYTE, 0, kLetter, team.comm(), &requests.emplace_back()),
               "MPI_Isend");
    });
    WaitForTransfer(requests, team.meanwhile());
    return;
  }
  // What fails here ends the call when all have had their turns.
  std::exception_ptr failure;
  const auto attempt = [&failure](const auto& work) {
    if (failure) return;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  };
  attempt([&] { take(std::move(letter)); });
  for (int process = 1; process < team.size(); ++process) {
    Bytes received;
    attempt([&] { received.resize(static_cast<size_t>(sizes[static_cast<size_t>(process)])); });
    turn = failure ? 0 : 1;
    CheckMpi(MPI_Send(&turn, 1, MPI_INT64_T, process, kTurn, team.comm()), "MPI_Send");
    if (failure) continue;
    std::vector<MPI_Request> requests;
    ForPieces(received, [&](unsigned char* data, int count) {
      CheckMpi(
          MPI_Irecv(data, count, MPI_BYTE, process, kLetter, team.comm(), &requests.emplace_back()),
          "MPI_Irecv");
    });
    WaitForTransfer(requests, team.meanwhile());
    attempt([&] { take(std::move(received)); });
  }
  if (failure) std::rethrow_exception(failure);
}

Bytes LetterOfFirst(CommTeam& team, Bytes letter) {
  const std::vector<int64_t> sizes = team.Share(std::ssize(letter));
  if (team.rank() != 0) letter.resize(static_cast<size_t>(sizes[0]));
  std::vector<std::span<unsigned char>> parts(static_cast<size_t>(team.size()));
  parts[0] = letter;
  team.Exchange(parts);
  return letter;
}

}  // namespace residual_knn::mpi
