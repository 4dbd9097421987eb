# SPDX-License-Identifier: Apache-2.0

# The progress function for progress = true: a bar on one line of stderr.
mutable struct ProgressBar
    percent::Int # on the screen
end

function (bar::ProgressBar)(done, total)
    percent = floor(Int, 100 * done / total)
    percent == bar.percent && return
    bar.percent = percent
    width = 50
    full = width * percent ÷ 100
    print(stderr, "\r[", "="^full, " "^(width - full), "] ", lpad(percent, 3), " %")
    return
end

# Ends the line of the bar, if there is one, at the end of a call.
finish(report, succeeded) = nothing
function finish(bar::ProgressBar, succeeded)
    bar.percent < 0 && return
    succeeded && bar(1, 1)
    println(stderr)
end

# The function to report to, or nothing.
function reporter(progress)
    progress in (nothing, false) && return nothing
    progress === true && return ProgressBar(-1)
    applicable(progress, Int64(0), Int64(1)) && return progress
    invalid("progress is ", described(progress), ", must be true, false, or a function of the work done and of all work")
end
