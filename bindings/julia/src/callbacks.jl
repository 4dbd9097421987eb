# SPDX-License-Identifier: Apache-2.0

# A progress function, or nothing, and what it threw (anything, so also nothing); lives as long as the call.
mutable struct Progress
    report::Any
    failure::Union{Nothing,Some}
end

# Every call has this as its progress callback, for two reasons besides the caller's function. Ctrl-C is
# held back while the library's code runs and comes out here. And a thread in C code does not let another
# thread's garbage collection begin; here it does. Without that, two threads could wait for each other: one
# for the collector inside a callback, one inside the library for what the first is about to finish.
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

# What a covariance function threw is kept with the task: several may search the same index.
const COVARIANCE_FAILURE = :ResidualKNN_covariance_failure

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
        # The library's block has its rows one after the other.
        permutedims!(unsafe_wrap(Array, covariance, (num_columns, num_rows)), block, (2, 1))
        return 0
    catch failure
        task_local_storage(COVARIANCE_FAILURE, Some(failure))
        return 1
    end
end
