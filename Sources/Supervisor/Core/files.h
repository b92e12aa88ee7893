#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef TFJOB_ADMIN_SUPERVISOR_FILES_H
#define TFJOB_ADMIN_SUPERVISOR_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The records through which the supervisor and the service exchange the state of one replica.

/// The content of the file `launch`: strings that end with a zero byte each, in this order, after the version "2".
struct launch {
    char *log, *log_copy, *notice, *working_directory;
    /// The control group to make and to remove; null if there is none.
    char *control_group;
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

/// Writes the record of the end. On a full disk it tries again until there is room or the folder is gone.
void write_exit(const char *folder, int code, bool was_stopped, const char *fault);

/// Makes the service check the replica.
void notify_service(const struct launch *launch);

/// The parent of a process; -1 if the process is gone. Sets whether the process has ended.
pid_t parent_of(pid_t pid, bool *has_ended);

#endif
