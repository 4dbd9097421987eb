# SPDX-License-Identifier: Apache-2.0
# Who uses an index. Searches share it; an update, closing and freeing need it alone. Whoever comes in between
# gets an error rather than a wait: a callback would wait for itself. Nothing here locks, for finalizers may run
# anywhere.

const ALONE = -1 # instead of a number of users

function enter!(index)
    while true
        users = index.users[]
        users == ALONE && throw(IndexInUseError("the index is being updated or closed, and cannot be used meanwhile"))
        Threads.atomic_cas!(index.users, users, users + 1) == users && return
    end
end

leave!(index) = Threads.atomic_sub!(index.users, 1)

enter_alone!(index) = Threads.atomic_cas!(index.users, 0, ALONE) == 0
leave_alone!(index) = index.users[] = 0

# f() while others may use the index too. Here and in alone(), the caller holds Ctrl-C back, which must not come
# between entering and leaving: run() does, once, so that callbacks can let it through.
function shared(f, index)
    enter!(index)
    try
        return f()
    finally
        leave!(index)
    end
end

# f() while nobody else uses the index.
function alone(f, index, what)
    enter_alone!(index) || throw(IndexInUseError("the index is in use, by a search or an update or a callback of " *
                                                 "one, and cannot be $what meanwhile"))
    try
        return f()
    finally
        leave_alone!(index)
    end
end

# For what is short and has no callbacks.
shared_shortly(f, index) = disable_sigint(() -> shared(f, index))
alone_shortly(f, index, what) = disable_sigint(() -> alone(f, index, what))
