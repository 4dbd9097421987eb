# SPDX-License-Identifier: Apache-2.0
# Julia's collector does not know the memory of the library, so unreachable indexes would not make it run. This file counts
# the memory. If much was added since the last collection, a collection runs before a new index is made.

const OPEN_BYTES = Threads.Atomic{Int}(0) # of all indexes that are not closed
const KEPT_BYTES = Threads.Atomic{Int}(0) # of indexes that the last collection did not free
const WORTH_COLLECTING = 256 * 2^20

function collect_dropped_indexes()
    KEPT_BYTES[] = min(KEPT_BYTES[], OPEN_BYTES[])
    OPEN_BYTES[] - KEPT_BYTES[] > max(WORTH_COLLECTING, KEPT_BYTES[] ÷ 2) || return
    GC.gc()
    KEPT_BYTES[] = OPEN_BYTES[]
    return
end

function count_bytes!(index, bytes)
    Threads.atomic_add!(OPEN_BYTES, bytes - index.bytes)
    setfield!(index, :bytes, bytes)
end
