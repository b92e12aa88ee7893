#include "CSupervisor.h"
#include "files.h"
#include "groups.h"
#include "memory.h"
#include "user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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
    struct memory_watch watch;
    /// The bytes for which the replica was killed; 0 if it was not.
    unsigned long long memory_used;
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
    // The user of the replica may have put a link in the place of a folder.
    if (!path || !act_as_user(&replica->launch.user)) {
        return;
    }
    int creation = replica->launch.continues_copy ? 0 : O_CREAT | O_EXCL;
    replica->copy = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | creation, 0644);
    act_as_self(&replica->launch.user);
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

/// Starts the main process. Returns 0, or the error number of the call that failed.
static int start_child(struct replica *replica) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) {
        return errno;
    }
    make_group(&replica->launch);
    replica->child = fork_into_group(&replica->launch);
    if (replica->child == 0) {
        sigset_t none;
        sigemptyset(&none);
        setpgid(0, 0);
        int input = open("/dev/null", O_RDONLY);
        if (input >= 0 && dup2(input, 0) == 0 && dup2(replica->log, 1) == 1 && dup2(replica->log, 2) == 2
            && become_user(&replica->launch.user) && chdir(replica->launch.working_directory) == 0) {
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
    if (needs_watch(&replica->launch) && replica->memory_used == 0) {
        double rest = replica->watch.next - monotonic();
        seconds = rest < seconds ? (rest > 0 ? rest : 0) : seconds;
    }
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

/// Kills the replica if it uses more memory than it asked for.
static void limit_memory(struct replica *replica) {
    if (replica->memory_used > 0) {
        return;
    }
    replica->memory_used = look_at_memory(&replica->watch, &replica->launch, monotonic());
    if (replica->memory_used > 0 && !kill_group(&replica->launch)) {
        kill(-replica->child, SIGKILL);
    }
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

/// Runs the main process to its end, with all that it started.
static void run_replica(struct replica *replica, const sigset_t *signals, struct end *end) {
    static char text[1024];
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    int error = open_log(replica, &stop) ? start_child(replica) : errno;
    join_supervisors(&replica->launch);
    if (error != 0 || replica->log < 0) {
        snprintf(text, sizeof text, "%.900s could not be started: %s", replica->launch.arguments[0], strerror(error));
        end->fault = replica->stop_time == 0 ? text : NULL;
        end->code = replica->stop_time == 0 ? 127 : 143;
        remove_group(&replica->launch);
        return;
    }
    write_child(replica->folder, replica->child);
    notify_service(&replica->launch);
    open_copy(replica);
    while (!reap(replica, &end->code)) {
        struct timespec pause = pause_of(replica);
        if (sigtimedwait(signals, NULL, &pause) == SIGTERM) {
            request_stop(replica);
        }
        send_due_signals(replica);
        limit_memory(replica);
        copy_log(replica);
    }
    // The kernel kills all at once, also processes that fork faster than the search finds them.
    kill_group(&replica->launch);
    kill_descendants();
    end->memory_used = replica->memory_used > 0 ? replica->memory_used : memory_at_kill(&replica->launch);
    remove_group(&replica->launch);
    copy_log(replica);
}

int tfjob_admin_supervise(const char *folder) {
    static struct replica replica;
    replica.folder = folder;
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
    struct end end = {.code = 143};
    if (is_ending(folder)) {
        replica.stop_time = monotonic();
    } else {
        run_replica(&replica, &signals, &end);
    }
    end.was_stopped = replica.stop_time != 0;
    write_exit(folder, &replica.launch, &end);
    notify_service(&replica.launch);
    leave_supervisors(&replica.launch);
    return 0;
}
