#include "mpi/comm_team.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "mpi/failure.h"
#include "mpi/requests.h"

namespace residual_knn::mpi {
namespace {

// MPI counts in int.
constexpr int64_t kMostBytes = int64_t{1} << 30;
constexpr size_t kTextBytes = 1024;

}  // namespace

CommTeam::CommTeam(MPI_Comm comm) {
  if (comm == MPI_COMM_NULL) {
    throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "comm is MPI_COMM_NULL");
  }
  MPI_Request request = MPI_REQUEST_NULL;
  CheckMpi(MPI_Comm_idup(comm, &comm_, &request), "MPI_Comm_idup");
  WaitAsleep(&request);
  CheckMpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  CheckMpi(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
  CheckMpi(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  team_ = {rank_, size_, this, ShareOf, ExchangeOf};
}

CommTeam::~CommTeam() {
  if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
}

std::vector<CommTeam::Notice> CommTeam::ShareNotices(const Notice& mine) {
  std::vector<Notice> notices(static_cast<size_t>(size_));
  MPI_Request request = MPI_REQUEST_NULL;
  CheckMpi(MPI_Iallgather(&mine, 2, MPI_INT64_T, notices.data(), 2, MPI_INT64_T, comm_, &request),
           "MPI_Iallgather");
  WaitAsleep(&request, meanwhile_);
  return notices;
}

std::string CommTeam::FailureText(int process, const char* mine) {
  std::array<char, kTextBytes> text{};
  if (process == rank_) std::strncpy(text.data(), mine, text.size() - 1);
  MPI_Request request = MPI_REQUEST_NULL;
  CheckMpi(MPI_Ibcast(text.data(), kTextBytes, MPI_CHAR, process, comm_, &request), "MPI_Ibcast");
  WaitAsleep(&request, meanwhile_);
  return text.data();
}

std::vector<int64_t> CommTeam::Share(int64_t number) {
  const std::vector<Notice> notices = ShareNotices({number, RESIDUAL_KNN_OK});
  std::vector<int64_t> numbers;
  for (int process = 0; process < size_; ++process) {
    const Notice& notice = notices[static_cast<size_t>(process)];
    numbers.push_back(notice.number);
    if (notice.status == RESIDUAL_KNN_OK) continue;
    failed_ = true;
    first_failed_ = process;
    throw Failure(static_cast<residual_knn_status>(notice.status),
                  "process " + std::to_string(process) + " of " + std::to_string(size_) +
                      " failed: " + FailureText(process, ""));
  }
  return numbers;
}

int CommTeam::Fail(residual_knn_status status, const char* text) noexcept {
  if (failed_ || comm_ == MPI_COMM_NULL) return first_failed_;
  failed_ = true;
  try {
    const std::vector<Notice> notices = ShareNotices({0, status});
    const auto first = std::find_if(notices.begin(), notices.end(), [](const Notice& notice) {
      return notice.status != RESIDUAL_KNN_OK;
    });
    first_failed_ = static_cast<int>(first - notices.begin());
    FailureText(first_failed_, text);
  } catch (...) {
    // MPI itself has failed: the others get its error, too.
    first_failed_ = rank_;
  }
  return first_failed_;
}

void CommTeam::Exchange(std::span<const std::span<unsigned char>> parts) {
  // After this, all processes are here.
  Share(0);
  std::vector<MPI_Request> requests;
  for (size_t process = 0; process < parts.size(); ++process) {
    const std::span<unsigned char> part = parts[process];
    for (size_t done = 0; done < part.size(); done += kMostBytes) {
      const auto count =
          std::min<int64_t>(kMostBytes, std::ssize(part) - std::ssize(part.first(done)));
      CheckMpi(MPI_Ibcast(part.data() + done, static_cast<int>(count), MPI_BYTE,
                          static_cast<int>(process), comm_, &requests.emplace_back()),
               "MPI_Ibcast");
    }
  }
  WaitForTransfer(requests, meanwhile_);
}

std::vector<std::string> CommTeam::ShareText(const std::string& text) {
  std::vector<std::string> texts(static_cast<size_t>(size_));
  const std::vector<int64_t> sizes = Share(std::ssize(text));
  std::vector<std::span<unsigned char>> parts;
  for (int process = 0; process < size_; ++process) {
    std::string& own = texts[static_cast<size_t>(process)];
    own.resize(static_cast<size_t>(sizes[static_cast<size_t>(process)]));
    if (process == rank_) own = text;
    parts.emplace_back(reinterpret_cast<unsigned char*>(own.data()), own.size());
  }
  Exchange(parts);
  return texts;
}

void CommTeam::RequireSame(uint64_t number, const char* what) {
  const std::vector<int64_t> numbers = Share(static_cast<int64_t>(number));
  for (size_t process = 1; process < numbers.size(); ++process) {
    if (numbers[process] == numbers[0]) continue;
    throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
                  "processes 0 and " + std::to_string(process) + " disagree: " + what);
  }
}

template <class Call>
residual_knn_status CommTeam::Caught(const Call& call) noexcept {
  try {
    call();
    return RESIDUAL_KNN_OK;
  } catch (const Failure& failure) {
    caught_status_ = failure.status();
    caught_text_ = failure.what();
  } catch (const std::bad_alloc&) {
    caught_status_ = RESIDUAL_KNN_ERROR_OUT_OF_MEMORY;
    caught_text_ = "out of memory";
  } catch (const std::exception& error) {
    caught_status_ = RESIDUAL_KNN_ERROR_INTERNAL;
    caught_text_ = error.what();
  }
  return caught_status_;
}

void CommTeam::RethrowCaught() {
  if (caught_status_ == RESIDUAL_KNN_OK) return;
  throw Failure(std::exchange(caught_status_, RESIDUAL_KNN_OK), caught_text_);
}

residual_knn_status CommTeam::ShareOf(void* user, int64_t number, int64_t* numbers) {
  auto& self = *static_cast<CommTeam*>(user);
  return self.Caught([&] {
    const std::vector<int64_t> all = self.Share(number);
    std::copy(all.begin(), all.end(), numbers);
  });
}

residual_knn_status CommTeam::ExchangeOf(void* user, unsigned char* const* data,
                                         const int64_t* bytes) {
  auto& self = *static_cast<CommTeam*>(user);
  return self.Caught([&] {
    std::vector<std::span<unsigned char>> parts;
    parts.reserve(static_cast<size_t>(self.size_));
    for (int process = 0; process < self.size_; ++process) {
      parts.emplace_back(data[process], static_cast<size_t>(bytes[process]));
    }
    self.Exchange(parts);
  });
}

}  // namespace residual_knn::mpi
