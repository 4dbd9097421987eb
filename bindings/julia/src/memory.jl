# SPDX-License-Identifier: Apache-2.0
# The library's memory is none that Julia's collector knows of: dropped indexes would not make it run. So it is
# counted here, and the collector is asked to run before a new index is made when much has come since last time.

const OPEN_BYTES = Threads.Atomic{Int}(0) # of all indexes that have not been closed
const KEPT_BYTES = Threads.Atomic{Int}(0) # what was left of them by the last collection
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
