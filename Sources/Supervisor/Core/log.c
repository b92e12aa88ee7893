#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static const double retry_seconds = 1, rest_seconds = 0.005;

static char buffer[1 << 16];

int open_log(struct log *log, const struct launch *launch) {
    *log = (struct log){.launch = launch, .pipe = -1, .file = -1, .copy = -1};
    int ends[2];
    if (!open_files(log) || pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    log->pipe = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (launch->user.is_set) {
        // Else a script that opens /dev/stdout is refused.
        (void)!fchown(ends[1], launch->user.user, launch->user.group);
    }
    char last = '\n';
    (void)!pread(log->file, &last, 1, log->size - 1);
    log->is_at_line_start = last == '\n';
    return ends[1];
}

/// Whether the disk is so full that its last room belongs to the service: without it, the service could not even record that it
/// ends the replica. The rest is 64 MiB, at most 1/16 of the disk.
static bool is_disk_full(int file) {
    struct statvfs disk;
    if (fstatvfs(file, &disk) != 0) {
        return false;
    }
    unsigned long long rest = disk.f_blocks * disk.f_frsize / 16, most = 64ULL << 20;
    return disk.f_bavail * disk.f_frsize < (rest < most ? rest : most);
}

/// Writes bytes to the end of the file. Returns how many were written; fewer than `count` after an error.
static size_t append(struct log *log, const char *bytes, size_t count) {
    size_t written = 0;
    if (is_disk_full(log->file)) {
        log->error = ENOSPC;
        log->next_try = monotonic() + retry_seconds;
        return 0;
    }
    while (written < count) {
        ssize_t part = write(log->file, bytes + written, count - written);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            log->error = part < 0 ? errno : ENOSPC;
            log->next_try = monotonic() + retry_seconds;
            break;
        }
        written += (size_t)part;
    }
    log->size += (off_t)written;
    if (written > 0) {
        log->is_at_line_start = bytes[written - 1] == '\n';
    }
    return written;
}

/// How many of the bytes belong into the current file: whole lines where possible. 0: a new file has to begin.
static size_t fitting(const struct log *log, const char *bytes, size_t count) {
    unsigned long long limit = log->launch->log_size, size = (unsigned long long)log->size;
    if (limit == 0) {
        return count;
    }
    size_t room = size < limit ? limit - size : 0, margin = limit < (1 << 16) ? limit / 16 : 1 << 12;
    if (log->is_at_line_start && room < margin) {
        return 0;
    }
    if (count <= room) {
        return count;
    }
    const char *line_end = memrchr(bytes, '\n', room);
    if (line_end) {
        return (size_t)(line_end - bytes) + 1;
    }
    return log->is_at_line_start && log->size > 0 ? 0 : room;
}

/// Begins a new file. A failure counts like that of a write.
static bool begin_file(struct log *log) {
    if (rotate_log(log)) {
        return true;
    }
    log->error = errno;
    log->next_try = monotonic() + retry_seconds;
    return false;
}

/// Writes a line that says how many bytes were lost. Returns false if there is still no room.
static bool write_loss(struct log *log) {
    if (monotonic() < log->next_try) {
        return false;
    }
    char text[256];
    int length = snprintf(text, sizeof text, "%s[tfjob-admin] %llu bytes of output are lost: the log could not be written: %s\n",
                          log->is_at_line_start ? "" : "\n", log->lost, strerror(log->error));
    unsigned long long limit = log->launch->log_size;
    if (limit > 0 && (unsigned long long)(log->size + length) > limit && !begin_file(log)) {
        return false;
    }
    off_t size = log->size;
    bool was_at_line_start = log->is_at_line_start;
    if (append(log, text, (size_t)length) < (size_t)length) {
        (void)!ftruncate(log->file, size);
        log->size = size;
        log->is_at_line_start = was_at_line_start;
        return false;
    }
    log->lost = 0;
    return true;
}

/// Writes what the replica printed. Bytes for which there is no room are dropped and counted.
static void write_output(struct log *log, const char *bytes, size_t count) {
    while (count > 0 && (log->lost == 0 || write_loss(log))) {
        size_t part = fitting(log, bytes, count);
        size_t written = part > 0 ? append(log, bytes, part) : 0;
        if (written < part || (part == 0 && !begin_file(log))) {
            log->lost += count - written;
            return;
        }
        bytes += part;
        count -= part;
    }
    log->lost += count;
}

/// Reads from the pipe and writes to the log. Returns how many bytes there were.
static size_t drain(struct log *log, size_t most) {
    ssize_t count = read(log->pipe, buffer, most < sizeof buffer ? most : sizeof buffer);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        close(log->pipe);
        log->pipe = -1;
    }
    if (count <= 0) {
        return 0;
    }
    write_output(log, buffer, (size_t)count);
    return (size_t)count;
}

/// Reads what came, and decides how to go on.
static void take_output(struct log *log, double now) {
    size_t length = drain(log, sizeof buffer);
    if (log->lost > 0 && length > 0) {
        // The service takes a change of the log for progress.
        futimens(log->file, NULL);
    }
    if (length == sizeof buffer && !log->is_pipe_enlarged) {
        // Each pipe counts against a limit of the user (pipe-user-pages-soft), so only busy ones are enlarged.
        log->is_pipe_enlarged = true;
        fcntl(log->pipe, F_SETPIPE_SZ, 1 << 20);
    }
    // One wake-up for many lines instead of one for each.
    log->is_resting = length < sizeof buffer / 4 && now - log->last_read < 2 * rest_seconds;
    log->last_read = now;
}

void wait_for_output(struct log *log, int signals, double seconds) {
    bool is_behind = log->lost > 0 || (log->copy >= 0 && log->copied < log->size);
    double due = log->is_resting ? rest_seconds : is_behind ? retry_seconds : seconds;
    seconds = due < seconds ? due : seconds;
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    struct pollfd events[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = log->is_resting ? -1 : log->pipe, .events = POLLIN},
    };
    bool has_output = ppoll(events, 2, &pause, NULL) > 0 && events[1].revents != 0;
    double now = monotonic();
    log->is_resting = false;
    if (has_output) {
        take_output(log, now);
    } else if (log->lost > 0) {
        write_loss(log);
    }
    if (log->copy >= 0 && now >= log->next_copy) {
        log->next_copy = now + retry_seconds;
        copy_log(log);
    }
}

void finish_log(struct log *log) {
    int rest = 0;
    if (log->pipe >= 0 && ioctl(log->pipe, FIONREAD, &rest) == 0) {
        size_t length;
        while (rest > 0 && (length = drain(log, (size_t)rest)) > 0) {
            rest -= (int)length;
        }
    }
    log->next_try = 0;
    if (log->lost > 0) {
        write_loss(log);
    }
    copy_log(log);
}
