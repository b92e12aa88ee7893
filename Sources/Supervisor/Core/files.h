#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef TFJOB_ADMIN_SUPERVISOR_FILES_H
#define TFJOB_ADMIN_SUPERVISOR_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The records through which the supervisor and the service exchange the state of one replica.

/// The most files of one log that are kept.
enum { most_log_files = 100 };

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

/// The content of the file `launch`: strings that end with a zero byte each, after the version. Versions 2 and 3, which
/// a service of an earlier version writes, lack what is marked with a later one.
struct launch {
    /// The log, and its copy on another file system; null if there is none.
    char *log, *log_copy;
    char *notice, *working_directory;
    /// 4: the hard link to the log in the folder of the job; null if there is none.
    char *log_link;
    /// 4: the most bytes of a file of the log, and how many files to keep; 0 for one file without a limit.
    unsigned long long log_size;
    size_t log_keep;
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

/// The time in seconds since some moment, by a clock that nobody sets.
double monotonic(void);

/// Reads a regular file as a whole, with a zero byte after it. Returns null if there is none. The caller frees it.
char *read_file(const char *path, size_t *length);

/// Replaces a file as a whole. Returns false with errno on failure.
bool replace_file(const char *path, const char *text, bool is_durable);

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
    /// The processor time of all its processes in seconds, and the most bytes that they used. The peak is 0 if it was
    /// not started.
    double cpu_seconds;
    unsigned long long peak_memory;
};

/// Writes the record of the end. On a full disk it tries again until there is room or the folder is gone.
void write_exit(const char *folder, const struct launch *launch, const struct end *end);

/// Makes the service check the replica.
void notify_service(const struct launch *launch);

/// The parent of a process; -1 if the process is gone. Sets whether the process has ended.
pid_t parent_of(pid_t pid, bool *has_ended);

#endif
