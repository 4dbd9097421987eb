# SPDX-License-Identifier: Apache-2.0

# A progress function and what it threw; lives as long as the call.
mutable struct Progress
    report::Any
    failure::Any
end

function report_progress(user::Ptr{Cvoid}, done::Int64, total::Int64)::Int32
    state = unsafe_pointer_to_objref(user)::Progress
    try
        return state.report(done, total) === false ? 1 : 0
    catch failure
        state.failure = failure
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
        block = state.block(one_based(rows, num_rows), one_based(columns, num_columns))
        check_size("the size of a block of covariances", size(block), (num_rows, num_columns))
        # The library's block has its rows one after the other.
        permutedims!(unsafe_wrap(Array, covariance, (num_columns, num_rows)), block, (2, 1))
        return 0
    catch failure
        task_local_storage(COVARIANCE_FAILURE, failure)
        return 1
    end
end

# Makes a call of the library, with progress if it is given, and throws what went wrong.
function run(call, options, progress)
    state = Progress(progress, nothing)
    if progress !== nothing
        options.progress = LibResidualKNN.@residual_knn_progress report_progress
        options.progress_user = pointer_from_objref(state)
    end
    task = current_task()
    sticky = task.sticky
    task.sticky = true # a callback that waits must not come back on another thread
    local status, text
    try
        GC.@preserve state begin
            status = call(options)
        end
        text = status == 0 ? "" : unsafe_string(LibResidualKNN.residual_knn_last_error())
    finally
        task.sticky = sticky
    end
    failure = something(state.failure, pop!(task_local_storage(), COVARIANCE_FAILURE, nothing), Some(nothing))
    failure === nothing || throw(failure)
    status == STATUS_CODES[:ok] || throw(exception_of(status, text))
    return nothing
end
