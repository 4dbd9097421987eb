# SPDX-License-Identifier: Apache-2.0

# A progress function or nothing, and the exception that it threw (of any type, even nothing). It lives as long as the
# call.
mutable struct Progress
    report::Any
    failure::Union{Nothing,Some}
end

# The progress callback of every call. Besides the caller's function, it has two purposes. First, Ctrl-C is held back while
# the library's code runs, and is delivered here. Second, a thread in C code blocks the garbage collection of other
# threads, and this callback lets it run. Otherwise two threads could wait for each other: one for the collector in a
# callback, the other in the library for a result of the first.
function report_progress(user::Ptr{Cvoid}, done::Int64, total::Int64)::Int32
    state = unsafe_pointer_to_objref(user)::Progress
    try
        goes_on = reenable_sigint() do
            GC.safepoint()
            state.report === nothing || state.report(done, total) !== false
        end
        return goes_on ? 0 : 1
    catch failure
        state.failure = Some(failure)
        return 1
    end
end

# A covariance function; lives as long as the index.
mutable struct Covariance
    block::Any
end

# The exception of a covariance function or of a sink is stored in the task, because several tasks may search the same
# index.
const CALLBACK_FAILURE = :ResidualKNN_callback_failure

function one_based(numbers::Ptr{Int64}, count::Int64)
    return unsafe_wrap(Array, numbers, count) .+ 1
end

function compute_covariances(user::Ptr{Cvoid}, rows::Ptr{Int64}, num_rows::Int64, columns::Ptr{Int64},
                             num_columns::Int64, covariance::Ptr{Cdouble})::Int32
    try
        state = unsafe_pointer_to_objref(user)::Covariance
        block = reenable_sigint() do
            state.block(one_based(rows, num_rows), one_based(columns, num_columns))
        end
        block isa AbstractMatrix ||
            invalid("the covariance function returned ", described(block), ", must return a matrix")
        check_size("the size of a block of covariances", size(block), (num_rows, num_columns))
        eltype(block) <: Real || (block = dense(block, "block of covariances"))
        # In the library's block, rows are contiguous.
        permutedims!(unsafe_wrap(Array, covariance, (num_columns, num_rows)), block, (2, 1))
        return 0
    catch failure
        task_local_storage(CALLBACK_FAILURE, Some(failure))
        return 1
    end
end

# A function that gets the answers of a search batch by batch; lives as long as the call. `scale` is the factor of the
# distances.
mutable struct Sink
    take::Any
    scale::Float64
end

# A copy of an array of the library, which the caller may keep.
copied(values, sizes...) = copy(unsafe_wrap(Array, values, sizes))

function take_batch(user::Ptr{Cvoid}, address::Ptr{LibResidualKNN.residual_knn_batch})::Int32
    try
        sink = unsafe_pointer_to_objref(user)::Sink
        batch = unsafe_load(address)
        queries = copied(batch.queries, batch.num_queries) .+ 1
        idxs = copied(batch.neighbors, batch.k, batch.num_queries) .+ 1 # -1, for no neighbor, becomes 0
        dists = copied(batch.distances, batch.k, batch.num_queries)
        sink.scale == 1 || (dists .*= sink.scale)
        goes_on = reenable_sigint() do
            GC.safepoint()
            variances = batch.conditional_variances
            variances == C_NULL && return sink.take(queries, idxs, dists) !== false
            return sink.take(queries, idxs, dists, copied(variances, batch.k, batch.num_queries)) !== false
        end
        return goes_on ? 0 : 1
    catch failure
        task_local_storage(CALLBACK_FAILURE, Some(failure))
        return 1
    end
end
