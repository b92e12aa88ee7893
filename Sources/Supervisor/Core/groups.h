#ifndef TFJOB_ADMIN_SUPERVISOR_GROUPS_H
#define TFJOB_ADMIN_SUPERVISOR_GROUPS_H

#include "files.h"

// The control groups of version 2: https://docs.kernel.org/admin-guide/cgroup-v2.html
//
// All functions do nothing if the launch record names no group.

/// Makes the control group of the replica and those above it, and sets its limits.
void make_group(const struct launch *launch);

/// Forks. The child begins in the group of the replica. Without the group, the search for descendants ends the processes.
pid_t fork_into_group(const struct launch *launch);

/// Moves this process into the group of the supervisors. Then the limits and the end of a run never reach it.
void join_supervisors(const struct launch *launch);

/// Kills all processes in the group of the replica, wherever they went. Returns false if the kernel can't.
bool kill_group(const struct launch *launch);

/// The most bytes that the group used, if the kernel killed one of its processes for lack of memory; else 0.
unsigned long long memory_at_kill(const struct launch *launch);

/// The processor time in seconds of all processes that were in the group; 0 without a group.
double group_cpu_seconds(const struct launch *launch);

/// The most bytes that the group used; 0 if the kernel does not count them.
unsigned long long group_peak_memory(const struct launch *launch);

/// Kills all processes in the group of the replica and removes it, with the groups above if they are empty.
void remove_group(const struct launch *launch);

/// Moves the last supervisor back into the group of the service, and removes the group of the supervisors and those above
/// if they are empty.
void leave_supervisors(const struct launch *launch);

/// Sums a value over the processes of the replica. The control group knows them; without one, they are the descendants
/// of this process.
unsigned long long sum_processes(const struct launch *launch, unsigned long long (*value)(pid_t));

/// Whether a process is below this one, over any number of parents. Sets whether the process has ended.
bool is_descendant(pid_t pid, bool *has_ended);

#endif
