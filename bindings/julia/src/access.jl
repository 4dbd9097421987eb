# SPDX-License-Identifier: Apache-2.0
# Controls the use of an index. Searches share it; updating, closing and freeing are exclusive. A conflict is an error. It
# does not wait, because a callback would wait for itself. There are no locks, because finalizers may run anywhere.

const ALONE = -1 # instead of a number of users

function enter!(index)
    while true
        users = index.users[]
        users == ALONE && throw(IndexInUseError("the index is being updated or closed, and cannot be used until that ends"))
        Threads.atomic_cas!(index.users, users, users + 1) == users && return
    end
end

leave!(index) = Threads.atomic_sub!(index.users, 1)

enter_alone!(index) = Threads.atomic_cas!(index.users, 0, ALONE) == 0
leave_alone!(index) = index.users[] = 0

# Runs f() while others may use the index too. Here and in alone(), the caller must hold back Ctrl-C, which must not come
# between entering and leaving. run() does this once, so that callbacks can let it through.
function shared(f, index)
    enter!(index)
    try
        return f()
    finally
        leave!(index)
    end
end

# Runs f() while no other call uses the index.
function alone(f, index, what)
    enter_alone!(index) || throw(IndexInUseError("the index is in use by a search, an update or one of their " *
                                                 "callbacks, and cannot be $what until that ends"))
    try
        return f()
    finally
        leave_alone!(index)
    end
end

# For short calls without callbacks.
shared_shortly(f, index) = disable_sigint(() -> shared(f, index))
alone_shortly(f, index, what) = disable_sigint(() -> alone(f, index, what))
