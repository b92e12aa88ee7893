#include "files.h"

#include "CSupervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The state of one replica.
struct replica {
    const char *folder;
    struct launch launch;
    pid_t child;
    /// The monotonic time of the stop request; 0 without one.
    double stop_time;
    struct schedule schedule;
    bool is_notified, is_killed;
    int log, copy;
    off_t copied;
};

static double monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/// Opens the log. On a full disk it tries again until there is room or a stop is requested.
static bool open_log(struct replica *replica, const sigset_t *stop) {
    while ((replica->log = open(replica->launch.log, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644)) < 0) {
        if (errno != ENOSPC && errno != EROFS && errno != EDQUOT) {
            return false;
        }
        struct timespec pause = {.tv_sec = 1};
        if (sigtimedwait(stop, NULL, &pause) == SIGTERM) {
            replica->stop_time = monotonic();
            return false;
        }
    }
    return true;
}

static void open_copy(struct replica *replica) {
    replica->copy = -1;
    const char *path = replica->launch.log_copy;
    if (!path) {
        return;
    }
    int creation = replica->launch.continues_copy ? 0 : O_CREAT | O_EXCL;
    replica->copy = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | creation, 0644);
    if (replica->copy >= 0) {
        replica->copied = lseek(replica->copy, 0, SEEK_END);
    }
}

/// Copies the bytes that the log has and the copy lacks. A failed write must not end the training.
static void copy_log(struct replica *replica) {
    char buffer[1 << 15];
    ssize_t count;
    while (replica->copy >= 0 && (count = pread(replica->log, buffer, sizeof buffer, replica->copied)) > 0) {
        if (pwrite(replica->copy, buffer, (size_t)count, replica->copied) != count) {
            return;
        }
        replica->copied += count;
    }
}

/// Writes a short text to a file of the control group. Returns whether it was written.
static bool write_group(const char *group, const char *name, const char *text) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return is_written;
}

/// Makes the control group below that of the service. Another supervisor may remove the latter at the same time.
static void make_group(const char *group) {
    char service[4096];
    snprintf(service, sizeof service, "%s", group);
    *strrchr(service, '/') = 0;
    for (int attempt = 0; attempt < 8; attempt++) {
        mkdir(service, 0755);
        if (mkdir(group, 0755) == 0 || errno != ENOENT) {
            return;
        }
    }
}

/// Ends all processes of the control group, wherever they went, and removes it, and that of the service if it is empty.
static void remove_group(char *group) {
    for (int attempt = 0; rmdir(group) != 0 && errno == EBUSY; attempt++) {
        // Linux before 5.14 has no such file. A group below this one, which the job made, stays.
        if (!write_group(group, "cgroup.kill", "1") || attempt == 2000) {
            return;
        }
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    *strrchr(group, '/') = 0;
    rmdir(group);
}

/// Starts the main process. Returns 0, or the error number of the call that failed.
static int start_child(struct replica *replica) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) {
        return errno;
    }
    if (replica->launch.control_group) {
        make_group(replica->launch.control_group);
    }
    replica->child = fork();
    if (replica->child == 0) {
        sigset_t none;
        sigemptyset(&none);
        setpgid(0, 0);
        if (replica->launch.control_group) {
            // Without the group, the search for descendants ends the processes.
            write_group(replica->launch.control_group, "cgroup.procs", "0");
        }
        int input = open("/dev/null", O_RDONLY);
        if (input >= 0 && dup2(input, 0) == 0 && dup2(replica->log, 1) == 1 && dup2(replica->log, 2) == 2
            && chdir(replica->launch.working_directory) == 0) {
            if (input > 2) {
                close(input);
            }
            sigprocmask(SIG_SETMASK, &none, NULL);
            execve(replica->launch.arguments[0], replica->launch.arguments, replica->launch.environment);
        }
        int error = errno;
        (void)!write(failure[1], &error, sizeof error);
        _exit(127);
    }
    int error = replica->child < 0 ? errno : 0;
    close(failure[1]);
    if (replica->child > 0) {
        setpgid(replica->child, replica->child);
        if (read(failure[0], &error, sizeof error) > 0) {
            waitpid(replica->child, NULL, 0);
        }
    }
    close(failure[0]);
    return error;
}

/// Records a stop request and reads when to send which signal.
static void request_stop(struct replica *replica) {
    if (replica->stop_time == 0) {
        replica->stop_time = monotonic();
        replica->schedule = read_schedule(replica->folder, &replica->launch);
    }
}

/// Sends the signals that are due. Only the main process gets SIGTERM: it may need its children to save its state.
static void send_due_signals(struct replica *replica) {
    if (replica->stop_time == 0) {
        return;
    }
    double elapsed = monotonic() - replica->stop_time;
    if (!replica->is_killed && elapsed >= replica->schedule.kill) {
        replica->is_killed = true;
        kill(-replica->child, SIGKILL);
    } else if (!replica->is_notified && elapsed >= replica->schedule.notice) {
        replica->is_notified = true;
        kill(replica->child, SIGTERM);
    }
}

/// How long to sleep until something is due.
static struct timespec pause_of(const struct replica *replica) {
    double seconds = replica->copy >= 0 ? 1 : 3600;
    if (replica->stop_time != 0 && !replica->is_killed) {
        double next = replica->is_notified ? replica->schedule.kill : replica->schedule.notice;
        double rest = replica->stop_time + next - monotonic();
        seconds = rest < seconds ? (rest > 0 ? rest : 0) : seconds;
    }
    return (struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
}

/// Takes the exit codes of ended children. Returns whether the main process is among them.
static bool reap(struct replica *replica, int *code) {
    int status;
    pid_t pid;
    bool has_ended = false;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == replica->child) {
            *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            has_ended = true;
        }
    }
    return has_ended;
}

/// Whether a process is below this one, over any number of parents.
static bool is_descendant(pid_t pid, bool *has_ended) {
    bool ignored;
    pid_t parent = parent_of(pid, has_ended);
    for (int depth = 0; parent > 1 && depth < 4096; depth++) {
        if (parent == getpid()) {
            return true;
        }
        parent = parent_of(parent, &ignored);
    }
    return false;
}

/// Kills all that the main process left behind, also what left its group or its session: orphans come to this process.
static void kill_descendants(void) {
    bool is_clean = false;
    while (!is_clean) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        is_clean = true;
        DIR *processes = opendir("/proc");
        if (!processes) {
            return;
        }
        struct dirent *entry;
        while ((entry = readdir(processes)) != NULL) {
            pid_t pid = (pid_t)atoi(entry->d_name);
            bool has_ended = false;
            if (pid > 1 && pid != getpid() && is_descendant(pid, &has_ended)) {
                // One that has ended is reaped in the next round.
                is_clean = false;
                if (!has_ended) {
                    kill(pid, SIGKILL);
                }
            }
        }
        closedir(processes);
        if (!is_clean) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
}

static int run_replica(struct replica *replica, const sigset_t *signals, const char **fault) {
    static char text[1024];
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    int error = open_log(replica, &stop) ? start_child(replica) : errno;
    if (error != 0 || replica->log < 0) {
        snprintf(text, sizeof text, "%.900s could not be started: %s", replica->launch.arguments[0], strerror(error));
        *fault = replica->stop_time == 0 ? text : NULL;
        return replica->stop_time == 0 ? 127 : 143;
    }
    write_child(replica->folder, replica->child);
    notify_service(&replica->launch);
    open_copy(replica);
    int code = 0;
    while (!reap(replica, &code)) {
        struct timespec pause = pause_of(replica);
        if (sigtimedwait(signals, NULL, &pause) == SIGTERM) {
            request_stop(replica);
        }
        send_due_signals(replica);
        copy_log(replica);
    }
    kill_descendants();
    if (replica->launch.control_group) {
        remove_group(replica->launch.control_group);
    }
    copy_log(replica);
    return code;
}

int tfjob_admin_supervise(const char *folder) {
    struct replica replica = {.folder = folder};
    if (!read_launch(folder, &replica.launch)) {
        fprintf(stderr, "%s has no launch record; only the service starts this program\n", folder);
        return 64;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    // An ignored SIGCHLD would lose the exit codes.
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (!claim_replica(folder)) {
        return 0;
    }
    int code = 143;
    const char *fault = NULL;
    if (is_ending(folder)) {
        replica.stop_time = monotonic();
    } else {
        code = run_replica(&replica, &signals, &fault);
    }
    write_exit(folder, code, replica.stop_time != 0, fault);
    notify_service(&replica.launch);
    return 0;
}
