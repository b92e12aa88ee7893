#ifndef TFJOB_ADMIN_SUPERVISOR_MEMORY_H
#define TFJOB_ADMIN_SUPERVISOR_MEMORY_H

#include "files.h"

/// Watches the memory of a replica where the kernel does not limit it.
struct memory_watch {
    /// The monotonic time of the next look; 0 before the first.
    double next;
    /// The largest sum of the resident memory at which the shares were counted, and the largest sum of the shares.
    unsigned long long resident, peak;
};

/// Whether the memory of a replica has to be watched.
bool needs_watch(const struct launch *launch);

/// Looks at the memory of the replica if it is time. Returns the bytes if they are more than the limit, else 0.
///
/// A look each second, and fewer where that would cost this process more than 0.1 % of a core.
unsigned long long look_at_memory(struct memory_watch *watch, const struct launch *launch, double now);

#endif
