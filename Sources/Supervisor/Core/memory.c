#include "memory.h"

#include "groups.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/// Reads a small file of a process. Returns false if the process is gone or belongs to somebody else.
static bool read_process(pid_t pid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, text, size - 1) : -1;
    if (file >= 0) {
        close(file);
    }
    text[count > 0 ? count : 0] = 0;
    return count > 0;
}

/// The resident memory of a process, with the pages that it shares with others.
static unsigned long long resident(pid_t pid) {
    char text[256];
    unsigned long long size, pages = 0;
    if (read_process(pid, "statm", text, sizeof text)) {
        sscanf(text, "%llu %llu", &size, &pages);
    }
    return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

/// The part of a process in the memory that the kernel can't give back: without the pages of files, and with its share
/// of the pages that forked processes have in common.
static unsigned long long share(pid_t pid) {
    static const char *const names[] = {"\nPss_Anon:", "\nPss_Shmem:"};
    char text[4096];
    if (!read_process(pid, "smaps_rollup", text, sizeof text) || !strstr(text, names[0])) {
        return resident(pid);
    }
    unsigned long long sum = 0;
    for (size_t index = 0; index < 2; index++) {
        const char *place = strstr(text, names[index]);
        sum += place ? strtoull(place + strlen(names[index]), NULL, 10) << 10 : 0;
    }
    return sum;
}

static double processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

bool needs_watch(const struct launch *launch) { return launch->memory > 0 && !launch->has_controllers; }

unsigned long long look_at_memory(struct memory_watch *watch, const struct launch *launch, double now) {
    if (!needs_watch(launch) || now < watch->next) {
        return 0;
    }
    double begin = processor_time();
    unsigned long long used = 0, most = sum_processes(launch, resident);
    // The shares take the kernel a while to count, and are never more than this. A new peak is worth it.
    if (most > launch->memory || most > watch->resident + watch->resident / 16) {
        used = sum_processes(launch, share);
        watch->resident = most > watch->resident ? most : watch->resident;
        watch->peak = used > watch->peak ? used : watch->peak;
    }
    double cost = 1000 * (processor_time() - begin);
    watch->next = now + (cost > 1 ? cost : 1);
    return used > launch->memory ? used : 0;
}
