# Finds the nearest predecessors of twelve weather stations. The programs in examples/ solve the same problem. The output
# is the same CSV, in which rows count from 0.
#
# SPDX-License-Identifier: Apache-2.0
using ResidualKNN

const STATIONS = [12.4 78.1 45.0 91.6 23.7 56.2 5.9 67.3 34.8 82.5 49.1 18.0
                  31.0 64.7 8.3 22.9 71.5 40.8 55.1 83.4 27.6 46.0 59.9 12.2]
const INDUCING_POINTS = [20.0 80.0 40.0
                         25.0 35.0 70.0]

index = ResidualIndex(STATIONS; lengthscales = [40.0, 25.0], inducing = INDUCING_POINTS, kernel = :matern52,
                      variance = 2.5, nugget = 0.1)
idxs, dists = predecessors(index, 3)

println("query,rank,neighbor,distance")
for query in axes(idxs, 2), rank in axes(idxs, 1)
    idxs[rank, query] == 0 && continue # the first stations have fewer than three predecessors
    println(join((query - 1, rank - 1, idxs[rank, query] - 1, dists[rank, query]), ','))
end
