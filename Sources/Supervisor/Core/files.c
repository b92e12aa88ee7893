#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Seconds from 1970 to 2001, from where the service's records count.
static const double epoch = 978307200;

double monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

char *read_file(const char *path, size_t *length) {
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return NULL;
    }
    struct stat status;
    char *bytes = NULL;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < (64 << 20)) {
        bytes = malloc((size_t)status.st_size + 1);
        ssize_t count = bytes ? read(file, bytes, (size_t)status.st_size) : -1;
        if (count < 0) {
            free(bytes);
            bytes = NULL;
        } else {
            bytes[count] = 0;
            *length = (size_t)count;
        }
    }
    close(file);
    return bytes;
}

static void join(char *path, const char *folder, const char *name) { snprintf(path, PATH_MAX, "%s/%s", folder, name); }

/// Reads `<user>:<group>:<group>,<group>…` and the limit of processes.
static void read_user(const char *text, const char *processes, struct user *user) {
    char *rest = NULL;
    if (!*text) {
        return;
    }
    user->is_set = true;
    user->user = (uid_t)strtoul(text, &rest, 10);
    user->group = (gid_t)strtoul(*rest ? rest + 1 : rest, &rest, 10);
    while (*rest && rest[1] && user->group_count < sizeof user->groups / sizeof *user->groups) {
        user->groups[user->group_count++] = (gid_t)strtoul(rest + 1, &rest, 10);
    }
    user->processes = strtoull(processes, NULL, 10);
}

bool read_launch(const char *folder, struct launch *launch) {
    char path[PATH_MAX];
    join(path, folder, "launch");
    size_t length = 0;
    char *bytes = read_file(path, &length);
    if (!bytes || length == 0 || bytes[length - 1] != 0) {
        return false;
    }
    size_t count = 0;
    for (size_t place = 0; place < length; place += strlen(bytes + place) + 1) {
        count++;
    }
    char **words = calloc(count + 3, sizeof *words);
    if (!words) {
        return false;
    }
    size_t index = 0;
    for (size_t place = 0; place < length; place += strlen(bytes + place) + 1) {
        words[index++] = bytes + place;
    }
    // The place of the number of arguments: each version has more words before it.
    static const size_t ends[] = {9, 16, 19};
    size_t version = strtoul(words[0], NULL, 10);
    if (version < 2 || version > 4) {
        return false;
    }
    size_t end = ends[version - 2];
    size_t arguments = count > end ? strtoul(words[end], NULL, 10) : 0;
    if (arguments == 0 || end + 1 + arguments > count) {
        return false;
    }
    *launch = (struct launch){
        .log = words[1],
        .log_copy = *words[2] ? words[2] : NULL,
        .continues_copy = *words[3] == '1',
        .notice = words[4],
        .working_directory = words[5],
        .grace = strtod(words[6], NULL) / 1000,
        .is_leader = *words[7] == '1',
        .control_group = *words[8] ? words[8] : NULL,
        .arguments = calloc(arguments + 1, sizeof(char *)),
        .environment = words + end + 1 + arguments,
    };
    if (version >= 3) {
        launch->supervisor_group = *words[9] ? words[9] : NULL;
        launch->service_group = *words[10] ? words[10] : NULL;
        launch->has_controllers = *words[11] == '1';
        launch->memory = strtoull(words[12], NULL, 10);
        launch->cpu = strtoull(words[13], NULL, 10);
        read_user(words[14], words[15], &launch->user);
    }
    if (version >= 4) {
        launch->log_link = *words[16] ? words[16] : NULL;
        launch->log_size = strtoull(words[17], NULL, 10);
        launch->log_keep = strtoul(words[18], NULL, 10);
        // A file that is full needs a next one, and the supervisor has room for so many.
        launch->log_keep = launch->log_keep < 2 ? 2 : launch->log_keep > most_log_files ? most_log_files : launch->log_keep;
    }
    if (!launch->arguments) {
        return false;
    }
    memcpy(launch->arguments, words + end + 1, arguments * sizeof(char *));
    return true;
}

/// A number of a flat JSON object, or a default.
static double number(const char *json, const char *key, double otherwise) {
    const char *place = json ? strstr(json, key) : NULL;
    return place ? strtod(place + strlen(key), NULL) : otherwise;
}

struct schedule read_schedule(const char *folder, const struct launch *launch) {
    char path[PATH_MAX];
    join(path, folder, "../end");
    size_t length = 0;
    char *json = read_file(path, &length);
    struct schedule schedule = {
        .notice = number(json, launch->is_leader ? "\"leader\":" : "\"others\":", 0),
        .kill = number(json, "\"kill\":", launch->grace),
    };
    free(json);
    return schedule;
}

bool is_ending(const char *folder) {
    char path[PATH_MAX];
    join(path, folder, "../end");
    return access(path, F_OK) == 0;
}

/// Writes a new file; false after an error. The file is on the disk when this returns, if it is to be durable.
static bool write_new(const char *path, const char *text, bool is_durable) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    size_t length = strlen(text);
    bool is_written = write(file, text, length) == (ssize_t)length && (!is_durable || fsync(file) == 0);
    close(file);
    if (!is_written) {
        int error = errno;
        unlink(path);
        errno = error;
    }
    return is_written;
}

bool replace_file(const char *path, const char *text, bool is_durable) {
    char draft[PATH_MAX + 32];
    snprintf(draft, sizeof draft, "%s.%d.tmp", path, getpid());
    if (!write_new(draft, text, is_durable)) {
        return false;
    }
    bool is_replaced = rename(draft, path) == 0;
    if (!is_replaced) {
        unlink(draft);
    }
    return is_replaced;
}

/// Replaces a record durably.
static bool write_record(const char *folder, const char *name, const char *text) {
    char path[PATH_MAX];
    join(path, folder, name);
    if (!replace_file(path, text, true)) {
        return false;
    }
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
    return true;
}

/// The fields of /proc/<pid>/stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
static bool read_stat(pid_t pid, char *state, pid_t *parent, unsigned long long *start) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t count = read(file, line, sizeof line - 1);
    close(file);
    if (count <= 0) {
        return false;
    }
    line[count] = 0;
    // The name, in parentheses, may have any characters.
    const char *rest = strrchr(line, ')');
    return rest
        && sscanf(rest + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", state,
                  parent, start)
        == 3;
}

pid_t parent_of(pid_t pid, bool *has_ended) {
    char state;
    pid_t parent;
    unsigned long long start;
    if (!read_stat(pid, &state, &parent, &start)) {
        return -1;
    }
    *has_ended = state == 'Z' || state == 'X' || state == 'x';
    return parent;
}

/// The identity of a process as JSON.
static bool identify(pid_t pid, char *text, size_t size) {
    char state, boot[64] = "";
    pid_t parent;
    unsigned long long start;
    if (!read_stat(pid, &state, &parent, &start)) {
        return false;
    }
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t count = read(file, boot, sizeof boot - 1);
        boot[count > 0 ? strcspn(boot, "\n") : 0] = 0;
        close(file);
    }
    snprintf(text, size, "{\"pid\":%d,\"startTime\":%llu,\"boot\":\"%s\"}", pid, start, boot);
    return true;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9 - epoch;
}

bool claim_replica(const char *folder) {
    char process[256], text[300], path[PATH_MAX], draft[PATH_MAX + 16];
    if (!identify(getpid(), process, sizeof process)) {
        return false;
    }
    snprintf(text, sizeof text, "{\"process\":%s}", process);
    join(path, folder, "supervisor.json");
    snprintf(draft, sizeof draft, "%s.%d", path, getpid());
    bool is_claimed = write_new(draft, text, false) && link(draft, path) == 0;
    unlink(draft);
    return is_claimed;
}

void write_child(const char *folder, pid_t child) {
    char process[256], text[320];
    if (identify(child, process, sizeof process)) {
        snprintf(text, sizeof text, "{\"process\":%s,\"startTime\":%.6f}", process, now());
        write_record(folder, "child.json", text);
    }
}

void write_exit(const char *folder, const struct launch *launch, const struct end *end) {
    char text[2048], quoted[1600] = "", memory[96] = "", usage[96] = "";
    size_t length = 0;
    for (const char *next = end->fault ? end->fault : ""; *next && length + 8 < sizeof quoted; next++) {
        if (*next == '"' || *next == '\\') {
            quoted[length++] = '\\';
            quoted[length++] = *next;
        } else if ((unsigned char)*next >= 0x20) {
            quoted[length++] = *next;
        }
    }
    if (end->memory_used > 0) {
        snprintf(memory, sizeof memory, ",\"outOfMemory\":{\"used\":%llu,\"limit\":%llu}", end->memory_used,
                 launch->memory);
    }
    if (end->peak_memory > 0) {
        snprintf(usage, sizeof usage, ",\"cpuSeconds\":%.3f,\"peakMemory\":%llu", end->cpu_seconds, end->peak_memory);
    }
    snprintf(text, sizeof text, "{\"code\":%d,\"endTime\":%.6f,\"wasStopped\":%s%s%s%s%s%s}", end->code, now(),
             end->was_stopped ? "true" : "false", end->fault ? ",\"fault\":\"" : "", quoted, end->fault ? "\"" : "",
             memory, usage);
    while (!write_record(folder, "exit.json", text) && access(folder, F_OK) == 0) {
        sleep(1);
    }
}

void notify_service(const struct launch *launch) {
    replace_file(launch->notice, "", false);
}
