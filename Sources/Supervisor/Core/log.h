#ifndef TFJOB_ADMIN_SUPERVISOR_LOG_H
#define TFJOB_ADMIN_SUPERVISOR_LOG_H

#include "files.h"

#include <sys/stat.h>

/// One file of a log that was rotated.
struct log_file {
    /// The end of its name once it is rotated: `<replica>.log.<number>`. Numbers count up over all attempts.
    unsigned long long number;
    unsigned long long inode;
    /// The length of the output before this file.
    unsigned long long start;
};

/// The log of a replica. Only this process writes it: the output of the replica comes through a pipe.
struct log {
    const struct launch *launch;
    /// The end of the pipe to read from; -1 once the replica has closed its output.
    int pipe;
    int file;
    /// The length of the file.
    off_t size;
    /// The files that exist, oldest first. The last one is the current one.
    struct log_file files[most_log_files];
    size_t file_count;
    /// The copy on another file system, and how much of the file it has; -1 if there is none.
    int copy;
    off_t copied;
    bool is_at_line_start, is_pipe_enlarged;
    /// The bytes that could not be written since the last message about lost output, and the error.
    unsigned long long lost;
    int error;
    /// The monotonic times of the last read, of the next try to write after an error, and of the next look at the copy.
    double last_read, next_try, next_copy;
    /// Whether to let the pipe fill for a moment before the next read.
    bool is_resting;
};

/// Opens the log and makes the pipe. Returns the end of the pipe for the replica; -1 after an error, with errno.
int open_log(struct log *log, const struct launch *launch);

/// Opens the copy, if there is to be one.
void open_copy(struct log *log);

/// Waits for output or a signal, at most for some seconds, and writes what the replica printed.
///
/// - signals: a descriptor that gets readable after a signal.
void wait_for_output(struct log *log, int signals, double seconds);

/// Writes what the pipe holds after the end of the replica. Never waits for processes that still have the pipe open.
void finish_log(struct log *log);

// rotation.c: the files of the log.

/// Opens the current file and reads which files an earlier attempt left. Sets errno on failure.
bool open_files(struct log *log);

/// Begins a new file, and removes the oldest one beyond the limit. Returns false with errno, and changes nothing, if the
/// file can't be made.
bool rotate_log(struct log *log);

/// Copies the bytes that the file has and the copy lacks. A copy that can't be written stays behind.
void copy_log(struct log *log);

#endif
