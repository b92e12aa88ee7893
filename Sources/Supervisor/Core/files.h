#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef TFJOB_ADMIN_SUPERVISOR_FILES_H
#define TFJOB_ADMIN_SUPERVISOR_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The records through which the supervisor and the service exchange the state of one replica.

/// The user as whom the replica runs.
struct user {
    bool is_set;
    uid_t user;
    gid_t group;
    gid_t groups[256];
    size_t group_count;
    /// How many processes and threads the user may have in all; 0 for no limit.
    unsigned long long processes;
};

/// The content of the file `launch`: strings that end with a zero byte each, after the version. Version 2, which a
/// service of an earlier version writes, lacks what is marked with a 3.
struct launch {
    char *log, *log_copy, *notice, *working_directory;
    /// The control group to make and to remove; null if there is none.
    char *control_group;
    /// 3: the control group of all supervisors, and the service's own; null if there is none.
    char *supervisor_group, *service_group;
    /// 3: whether the control group limits memory and processor time.
    bool has_controllers;
    /// 3: bytes and thousandths of a core; 0 for no limit.
    unsigned long long memory, cpu;
    /// 3: the user of the replica.
    struct user user;
    bool continues_copy, is_leader;
    double grace;
    /// Both end with a null pointer.
    char **arguments, **environment;
};

/// The times of a stop in seconds from its notice.
struct schedule {
    double notice, kill;
};

/// Reads the launch record; false if there is none, or one of another version.
bool read_launch(const char *folder, struct launch *launch);

/// Reads the schedule that the service ordered. Without one, all processes are notified at once.
struct schedule read_schedule(const char *folder, const struct launch *launch);

/// Whether the service has ordered the attempt to end.
bool is_ending(const char *folder);

/// Makes this process the supervisor; false if another one was before, or the record can't be written.
bool claim_replica(const char *folder);

/// Writes the record of the replica's main process.
void write_child(const char *folder, pid_t child);

/// How a replica ended.
struct end {
    int code;
    bool was_stopped;
    /// Why it could not be started; null if it was.
    const char *fault;
    /// The bytes that it used when it ran out of memory; 0 if it did not.
    unsigned long long memory_used;
};

/// Writes the record of the end. On a full disk it tries again until there is room or the folder is gone.
void write_exit(const char *folder, const struct launch *launch, const struct end *end);

/// Makes the service check the replica.
void notify_service(const struct launch *launch);

/// The parent of a process; -1 if the process is gone. Sets whether the process has ended.
pid_t parent_of(pid_t pid, bool *has_ended);

#endif
