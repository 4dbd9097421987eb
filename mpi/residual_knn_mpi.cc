// The functions of residual_knn_mpi.h.
#include "residual_knn_mpi.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "mpi/agreement.h"
#include "mpi/collective.h"
#include "mpi/result_exchange.h"
#include "mpi/shared_search.h"
#include "parallel/team.h"

using residual_knn::mpi::Collective;
using residual_knn::mpi::CommTeam;
using residual_knn::mpi::Failure;
using residual_knn::mpi::FoundNeighbors;
using residual_knn::mpi::SearchCall;

namespace {

struct IndexDeleter {
  void operator()(residual_knn_index* index) const { residual_knn_index_free(index); }
};
using IndexHandle = std::unique_ptr<residual_knn_index, IndexDeleter>;

// A struct whose size cannot be right is left to the library.
residual_knn_model_options ReadModelOptions(const residual_knn_model_options* options) {
  residual_knn_model_options read;
  residual_knn_model_options_init(&read, sizeof read);
  constexpr size_t kLargest = 4096;
  if (options == nullptr) return read;
  if (options->struct_size < sizeof(size_t) || options->struct_size > kLargest) {
    throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
                  "residual_knn_model_options.struct_size is " +
                      std::to_string(options->struct_size) +
                      "; call residual_knn_model_options_init with the size of your struct");
  }
  std::memcpy(&read, options, std::min(options->struct_size, sizeof read));
  return read;
}

residual_knn_status Search(const char* function, MPI_Comm comm, int32_t results,
                           const SearchCall& call, int64_t* neighbors, double* distances,
                           residual_knn_statistics* statistics) {
  residual_knn_statistics done;
  residual_knn_statistics_init(&done, sizeof done);
  return Collective(
      function, comm,
      [&](CommTeam& team) {
        RequireSameLibrary(team);
        if (results != RESIDUAL_KNN_MPI_ALL && results != RESIDUAL_KNN_MPI_PART) {
          throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
                        "results is " + std::to_string(results) +
                            ", must be a value of enum residual_knn_mpi_results");
        }
        team.RequireSame(static_cast<uint64_t>(results), "results differs");
        team.RequireSame(distances == nullptr ? 0 : 1, "distances is NULL on some");
        const int64_t queries = std::max<int64_t>(call.num_queries, 0);
        residual_knn::mpi::ResultPlaces places;
        places.count = queries;
        if (results == RESIDUAL_KNN_MPI_PART) {
          places.first = residual_knn::BeginOfPart(queries, team.size(), team.rank());
          places.count =
              residual_knn::BeginOfPart(queries, team.size(), team.rank() + 1) - places.first;
        }
        if (neighbors == nullptr && places.count > 0) {
          throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "neighbors is NULL");
        }
        const auto options = residual_knn::mpi::ReadSearchOptions(call.options);
        places.neighbors = neighbors;
        places.distances = distances;
        places.conditional_variances = options.conditional_variances;
        places.dimension_major = options.layout == RESIDUAL_KNN_DIMENSION_MAJOR;
        FoundNeighbors found = SearchMyLots(team, call, distances != nullptr, &done);
        if (results == RESIDUAL_KNN_MPI_PART) {
          ShareParts(team, call.k, queries, std::move(found), places);
        } else {
          ShareWithAll(team, call.k, found, places);
        }
      },
      [&] {
        if (statistics == nullptr) return;
        const size_t size = statistics->struct_size;
        std::memcpy(statistics, &done, std::min(size, sizeof done));
        statistics->struct_size = size;
      });
}

}  // namespace

residual_knn_status residual_knn_mpi_part(int64_t num_queries, int32_t size, int32_t rank,
                                          int64_t* first, int64_t* count) {
  const auto refuse = [](const std::string& text) {
    residual_knn_team_set_error("residual_knn_mpi_part", text.c_str());
    return RESIDUAL_KNN_ERROR_INVALID_ARGUMENT;
  };
  if (num_queries < 0) {
    return refuse("num_queries is " + std::to_string(num_queries) + ", must be at least 0");
  }
  if (size < 1) return refuse("size is " + std::to_string(size) + ", must be at least 1");
  if (rank < 0 || rank >= size) {
    return refuse("rank is " + std::to_string(rank) +
                  ", must be between 0 and size - 1 = " + std::to_string(size - 1));
  }
  if (first == nullptr || count == nullptr) return refuse("first or count is NULL");
  *first = residual_knn::BeginOfPart(num_queries, size, rank);
  *count = residual_knn::BeginOfPart(num_queries, size, rank + 1) - *first;
  return RESIDUAL_KNN_OK;
}

residual_knn_status residual_knn_mpi_index_create(MPI_Comm comm, const double* points, int64_t n,
                                                  int64_t d, const double* lengthscales,
                                                  int64_t num_lengthscales, const double* inducing,
                                                  int64_t m,
                                                  const residual_knn_model_options* options,
                                                  residual_knn_index** index) {
  IndexHandle made;
  return Collective(
      __func__, comm,
      [&](CommTeam& team) {
        RequireSameLibrary(team);
        if (index == nullptr) {
          throw Failure(RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "index is NULL");
        }
        residual_knn_model_options o = ReadModelOptions(options);
        RequireSameIndex(team, {points, n, d, lengthscales, num_lengthscales, inducing, m, o});
        const size_t known = std::min(o.struct_size, sizeof o);
        // Fields that this version does not know are the library's to refuse.
        const bool change =
            o.factor_storage == RESIDUAL_KNN_FACTOR_AUTOMATIC && known == o.struct_size;
        if (change) {
          o.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
          o.struct_size = sizeof o;
        }
        residual_knn_index* raw = nullptr;
        const residual_knn_status status =
            residual_knn_team_index_create(points, n, d, lengthscales, num_lengthscales, inducing,
                                           m, change ? &o : options, &team.team(), &raw);
        made.reset(raw);
        team.RethrowCaught();
        residual_knn::mpi::CheckStatus(status);
      },
      [&] { *index = made.release(); });
}

residual_knn_status residual_knn_mpi_neighbors(MPI_Comm comm, int32_t results,
                                               const residual_knn_index* index, const int64_t* rows,
                                               int64_t num_queries,
                                               const residual_knn_search_options* options,
                                               int32_t k, int64_t* neighbors, double* distances,
                                               residual_knn_statistics* statistics) {
  return Search(__func__, comm, results, {index, rows, nullptr, num_queries, false, options, k},
                neighbors, distances, statistics);
}

residual_knn_status residual_knn_mpi_predecessors(MPI_Comm comm, int32_t results,
                                                  const residual_knn_index* index,
                                                  const int64_t* rows, int64_t num_queries,
                                                  const residual_knn_search_options* options,
                                                  int32_t k, int64_t* neighbors, double* distances,
                                                  residual_knn_statistics* statistics) {
  return Search(__func__, comm, results, {index, rows, nullptr, num_queries, true, options, k},
                neighbors, distances, statistics);
}

residual_knn_status residual_knn_mpi_neighbors_of_new_points(
    MPI_Comm comm, int32_t results, const residual_knn_index* index, const double* queries,
    int64_t num_queries, const residual_knn_search_options* options, int32_t k, int64_t* neighbors,
    double* distances, residual_knn_statistics* statistics) {
  return Search(__func__, comm, results, {index, nullptr, queries, num_queries, false, options, k},
                neighbors, distances, statistics);
}
