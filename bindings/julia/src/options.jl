# SPDX-License-Identifier: Apache-2.0

const RANKINGS = enum_symbols(LibResidualKNN.residual_knn_ranking)
const STRATEGIES = enum_symbols(LibResidualKNN.residual_knn_strategy)
const SELECTIONS = enum_symbols(LibResidualKNN.residual_knn_selection)
const INDUCING_METHODS = enum_symbols(LibResidualKNN.residual_knn_inducing_method)
const STORAGES = enum_symbols(LibResidualKNN.residual_knn_factor_storage)
const SINK_ORDERS = enum_symbols(LibResidualKNN.residual_knn_sink_order)
const ORDERINGS = enum_symbols(LibResidualKNN.residual_knn_ordering)

code_in(symbols) = (x, name) -> code_of(symbols, x, name)
# The library checks the number of threads too, but an index from a file keeps it for later searches.
const MOST_THREADS = Int32(1024)
thread_count(x, name) = whole(x, name, 0, MOST_THREADS)

# The keywords that are fields of the library's options. Each has a function that converts the user's value to the
# field's value.
const COVARIANCE_SETTINGS = (kernel = kernel_code, variance = number, nu = number, alpha = number)
const UPDATE_SETTINGS = merge(COVARIANCE_SETTINGS, (nugget = number, jitter = number, max_jitter = number,
                                                    threads = thread_count))
const MODEL_SETTINGS = merge(UPDATE_SETTINGS, (factor_storage = code_in(STORAGES),
                                               max_bytes = (x, name) -> whole(x, name, 1, typemax(Int64))))
const CALLBACK_SETTINGS = (factor_error = number, threads = thread_count)
const FACTOR_SETTINGS = merge(COVARIANCE_SETTINGS, CALLBACK_SETTINGS)
const SEARCH_SETTINGS = (ranking = code_in(RANKINGS), strategy = code_in(STRATEGIES), threads = thread_count,
                         selection = code_in(SELECTIONS))
const SINK_SETTINGS = merge(SEARCH_SETTINGS, (sink_queries = (x, name) -> whole(x, name, 1, typemax(Int64)),
                                              sink_order = code_in(SINK_ORDERS)))
const PAIRS_SETTINGS = (ranking = SEARCH_SETTINGS.ranking, strategy = SEARCH_SETTINGS.strategy,
                        threads = SEARCH_SETTINGS.threads)
const WEIGHTS_SETTINGS = (jitter = number, threads = thread_count)
const COVARIANCES_SETTINGS = (threads = thread_count,)
const ORDER_SETTINGS = (seed = (x, name) -> whole(x, name, 0, typemax(UInt64)),)
const RESIDUAL_ORDER_SETTINGS = (threads = thread_count,)
const INDUCING_SETTINGS = merge(ORDER_SETTINGS, (max_iterations = (x, name) -> whole(x, name, 0, typemax(Int64)),
                                                 threads = thread_count))

# Sets the fields for which `given` has a value; `nothing` keeps the present value. `others` are the other keywords of the
# same function, which are not fields.
function set!(options, settings, given, others)
    for (name, value) in given
        haskey(settings, name) ||
            invalid("there is no keyword ", name, "; the keywords are ", join(sort!([keys(settings)..., others...]), ", "))
        value === nothing || setproperty!(options, name, settings[name](value, string(name)))
    end
    return options
end
