#include "CSupervisor.h"
#include "files.h"
#include "groups.h"
#include "log.h"
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
#include <sys/resource.h>
#include <sys/signalfd.h>
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
    struct log log;
};

/// Opens the log. On a full disk it tries again until there is room or a stop is requested. Returns the output for the
/// main process; -1 on failure.
static int open_output(struct replica *replica, const sigset_t *stop) {
    int output;
    while ((output = open_log(&replica->log, &replica->launch)) < 0) {
        if (errno != ENOSPC && errno != EROFS && errno != EDQUOT) {
            return -1;
        }
        struct timespec pause = {.tv_sec = 1};
        if (sigtimedwait(stop, NULL, &pause) == SIGTERM) {
            replica->stop_time = monotonic();
            return -1;
        }
    }
    return output;
}

/// Starts the main process. Returns 0, or the error number of the call that failed.
static int start_child(struct replica *replica, int output) {
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
        if (input >= 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2
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

/// How many seconds to sleep until something is due.
static double pause_of(const struct replica *replica) {
    double seconds = 3600;
    if (needs_watch(&replica->launch) && replica->memory_used == 0) {
        double rest = replica->watch.next - monotonic();
        seconds = rest < seconds ? (rest > 0 ? rest : 0) : seconds;
    }
    if (replica->stop_time != 0 && !replica->is_killed) {
        double next = replica->is_notified ? replica->schedule.kill : replica->schedule.notice;
        double rest = replica->stop_time + next - monotonic();
        seconds = rest < seconds ? (rest > 0 ? rest : 0) : seconds;
    }
    return seconds;
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

/// Records what the processes used, once all of them are reaped.
static void record_usage(const struct replica *replica, struct end *end) {
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    const struct timeval *user = &usage.ru_utime, *system = &usage.ru_stime;
    double reaped = (double)(user->tv_sec + system->tv_sec) + (double)(user->tv_usec + system->tv_usec) / 1e6;
    // The group also counts children whose parents ignored their end.
    double counted = group_cpu_seconds(&replica->launch);
    end->cpu_seconds = counted > reaped ? counted : reaped;
    unsigned long long largest = (unsigned long long)usage.ru_maxrss << 10;
    end->peak_memory = group_peak_memory(&replica->launch);
    if (end->peak_memory == 0) {
        end->peak_memory = replica->watch.peak > largest ? replica->watch.peak : largest;
    }
}

/// Takes the signals that came. Records a stop request if SIGTERM is among them.
static void take_signals(struct replica *replica, int signals) {
    struct signalfd_siginfo signal;
    while (read(signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGTERM) {
            request_stop(replica);
        }
    }
}

/// Runs the main process to its end, with all that it started.
static void run_replica(struct replica *replica, const sigset_t *signals, struct end *end) {
    static char text[1024];
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    int output = open_output(replica, &stop);
    int error = output >= 0 ? start_child(replica, output) : errno;
    close(output);
    int signal_file = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    join_supervisors(&replica->launch);
    if (error != 0 || output < 0) {
        snprintf(text, sizeof text, "%.900s could not be started: %s", replica->launch.arguments[0], strerror(error));
        end->fault = replica->stop_time == 0 ? text : NULL;
        end->code = replica->stop_time == 0 ? 127 : 143;
        remove_group(&replica->launch);
        return;
    }
    write_child(replica->folder, replica->child);
    notify_service(&replica->launch);
    open_copy(&replica->log);
    // A write beyond a limit of the file size is an error like any other.
    signal(SIGXFSZ, SIG_IGN);
    while (!reap(replica, &end->code)) {
        wait_for_output(&replica->log, signal_file, pause_of(replica));
        take_signals(replica, signal_file);
        send_due_signals(replica);
        limit_memory(replica);
    }
    // The kernel kills all at once, also processes that fork faster than the search finds them.
    kill_group(&replica->launch);
    kill_descendants();
    end->memory_used = replica->memory_used > 0 ? replica->memory_used : memory_at_kill(&replica->launch);
    record_usage(replica, end);
    remove_group(&replica->launch);
    finish_log(&replica->log);
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
