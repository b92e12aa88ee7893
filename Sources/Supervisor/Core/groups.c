#include "groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Writes a short text to a file of a control group. Returns whether it was written.
static bool write_group(const char *group, const char *name, const char *text) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0) {
        close(file);
    }
    return is_written;
}

static void write_number(const char *group, const char *name, const char *format, unsigned long long number) {
    char text[64];
    snprintf(text, sizeof text, format, number);
    write_group(group, name, text);
}

/// The number after a key of a file of a control group, or the number that is the file; 0 if there is none.
static unsigned long long read_number(const char *group, const char *name, const char *key) {
    char path[PATH_MAX], text[1024];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0) {
        close(file);
    }
    text[count > 0 ? count : 0] = 0;
    const char *place = *key ? strstr(text, key) : text;
    return place ? strtoull(place + strlen(key), NULL, 10) : 0;
}

/// Removes the last name of a path. Returns false if there is none.
static bool remove_name(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return false;
    }
    *slash = 0;
    return true;
}

/// Makes the groups above a group and the group itself; a parent hands the controllers to its children. Another
/// supervisor may remove the parents at the same time.
///
/// - depth: how many parents to make.
static bool make_path(const char *group, int depth, bool has_controllers) {
    for (int attempt = 0; attempt < 8; attempt++) {
        if (depth > 0) {
            char parent[PATH_MAX];
            snprintf(parent, sizeof parent, "%s", group);
            if (!remove_name(parent) || !make_path(parent, depth - 1, has_controllers)) {
                return false;
            }
            if (has_controllers) {
                write_group(parent, "cgroup.subtree_control", "+cpu +memory");
            }
        }
        if (mkdir(group, 0755) == 0 || errno == EEXIST) {
            return true;
        }
        if (errno != ENOENT) {
            return false;
        }
    }
    return false;
}

void make_group(const struct launch *launch) {
    const char *group = launch->control_group;
    // …/runs/<run>/<replica>; a record of version 2 has a flat one.
    if (!group || !make_path(group, launch->supervisor_group ? 3 : 1, launch->has_controllers)
        || !launch->has_controllers) {
        return;
    }
    if (launch->memory > 0) {
        write_number(group, "memory.max", "%llu", launch->memory);
        // Else the replica would go on in the swap space, slowly.
        write_group(group, "memory.swap.max", "0");
        write_group(group, "memory.oom.group", "1");
    }
    if (launch->cpu > 0) {
        // Microseconds in each 100 ms; the kernel wants at least 1000.
        write_number(group, "cpu.max", "%llu 100000", launch->cpu < 10 ? 1000 : launch->cpu * 100);
    }
}

pid_t fork_into_group(const struct launch *launch) {
    int group = launch->control_group ? open(launch->control_group, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (group >= 0) {
        // A move afterwards takes the kernel some 20 ms.
        struct clone_args clone = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group};
        pid_t child = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
        if (child != 0) {
            close(group);
        }
        if (child >= 0) {
            return child;
        }
    }
    // Linux before 5.7, or a filter that forbids the call.
    pid_t child = fork();
    if (child == 0 && launch->control_group) {
        write_group(launch->control_group, "cgroup.procs", "0");
    }
    return child;
}

void join_supervisors(const struct launch *launch) {
    for (int attempt = 0; launch->supervisor_group && attempt < 8; attempt++) {
        if (!make_path(launch->supervisor_group, 1, false)
            || write_group(launch->supervisor_group, "cgroup.procs", "0")) {
            return;
        }
    }
}

bool kill_group(const struct launch *launch) {
    // Linux before 5.14 has no such file.
    return launch->control_group && write_group(launch->control_group, "cgroup.kill", "1");
}

unsigned long long memory_at_kill(const struct launch *launch) {
    const char *group = launch->control_group;
    if (!group || !launch->has_controllers || launch->memory == 0
        || read_number(group, "memory.events", "oom_kill ") == 0) {
        return 0;
    }
    // Linux before 5.19 has no peak, and by now nothing uses the memory.
    unsigned long long peak = group_peak_memory(launch);
    return peak > 0 ? peak : launch->memory;
}

double group_cpu_seconds(const struct launch *launch) {
    // Every group has this file, also one without controllers.
    return launch->control_group ? (double)read_number(launch->control_group, "cpu.stat", "usage_usec ") / 1e6 : 0;
}

unsigned long long group_peak_memory(const struct launch *launch) {
    return launch->control_group ? read_number(launch->control_group, "memory.peak", "") : 0;
}

/// Removes a group and those that the job made below it. Returns false if a process is left in one of them.
static bool remove_tree(const char *group) {
    DIR *folder = opendir(group);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", group, entry->d_name);
            remove_tree(path);
        }
    }
    if (folder) {
        closedir(folder);
    }
    return rmdir(group) == 0 || errno != EBUSY;
}

/// Removes the groups above a group if they are empty.
static void remove_parents(const char *group, int depth) {
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", group ? group : "");
    for (; depth > 0 && remove_name(parent); depth--) {
        rmdir(parent);
    }
}

void remove_group(const struct launch *launch) {
    if (launch->control_group) {
        for (int attempt = 0; !remove_tree(launch->control_group); attempt++) {
            if (!kill_group(launch) || attempt == 2000) {
                break;
            }
            while (waitpid(-1, NULL, WNOHANG) > 0) {
            }
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    remove_parents(launch->control_group, launch->supervisor_group ? 3 : 1);
}

void leave_supervisors(const struct launch *launch) {
    char path[PATH_MAX];
    if (!launch->supervisor_group || !launch->service_group) {
        return;
    }
    snprintf(path, sizeof path, "%s/cgroup.procs", launch->supervisor_group);
    FILE *members = fopen(path, "re");
    int pid, count = 0;
    while (members && fscanf(members, "%d", &pid) == 1) {
        count++;
    }
    if (members) {
        fclose(members);
    }
    // The service removes what two last ones leave.
    if (count == 1 && write_group(launch->service_group, "cgroup.procs", "0")) {
        rmdir(launch->supervisor_group);
        remove_parents(launch->supervisor_group, 1);
    }
}

bool is_descendant(pid_t pid, bool *has_ended) {
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

unsigned long long sum_processes(const struct launch *launch, unsigned long long (*value)(pid_t)) {
    unsigned long long sum = 0;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", launch->control_group ? launch->control_group : "");
    FILE *list = launch->control_group ? fopen(path, "re") : NULL;
    int pid;
    bool is_listed = false;
    while (list && fscanf(list, "%d", &pid) == 1) {
        is_listed = true;
        sum += value(pid);
    }
    if (list) {
        fclose(list);
    }
    if (is_listed) {
        return sum;
    }
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    bool has_ended;
    while (processes && (entry = readdir(processes)) != NULL) {
        pid = atoi(entry->d_name);
        if (pid > 1 && is_descendant(pid, &has_ended)) {
            sum += value(pid);
        }
    }
    if (processes) {
        closedir(processes);
    }
    return sum;
}
