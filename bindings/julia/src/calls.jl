# SPDX-License-Identifier: Apache-2.0

# Calls the library by call(options) and throws if the call failed.
function run(call, options, progress)
    state = Progress(reporter(progress), nothing)
    options.progress = LibResidualKNN.@residual_knn_progress(report_progress)
    options.progress_user = pointer_from_objref(state)
    options.message_base = 1
    task = current_task()
    sticky = task.sticky
    task.sticky = true # a callback that waits must continue on the same thread
    local status, text
    try
        disable_sigint() do
            GC.@preserve state begin
                status = call(options)
            end
            text = status == STATUS_CODES[:ok] ? "" : unsafe_string(LibResidualKNN.residual_knn_last_error())
        end
    finally
        task.sticky = sticky
        finish(state.report, @isdefined(status) && status == STATUS_CODES[:ok])
    end
    of_callback = pop!(task_local_storage(), CALLBACK_FAILURE, nothing)
    failure = state.failure === nothing ? of_callback : state.failure
    failure === nothing || throw(failure.value)
    status == STATUS_CODES[:ok] || throw(exception_of(status, text))
    return nothing
end

# The same for short calls without options.
function run(call)
    status = call()
    status == STATUS_CODES[:ok] && return nothing
    throw(exception_of(status, unsafe_string(LibResidualKNN.residual_knn_last_error())))
end
