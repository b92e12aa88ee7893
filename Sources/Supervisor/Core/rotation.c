#include "log.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { longest_path = PATH_MAX + 32 };

static void number_path(char *text, const char *path, unsigned long long number) {
    snprintf(text, longest_path, "%s.%llu", path, number);
}

static void new_path(char *text, const struct log *log) { snprintf(text, longest_path, "%s.new", log->launch->log); }

static void record_path(char *text, const struct log *log) { snprintf(text, longest_path, "%s.json", log->launch->log); }

/// The inode number of a file; 0 if there is none. A link is not followed.
static unsigned long long inode_of(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

/// Reads which files the log has. Without a record, it was never rotated.
static void read_record(struct log *log) {
    char path[longest_path];
    record_path(path, log);
    size_t length = 0;
    char *json = read_file(path, &length);
    for (const char *place = json; place && (place = strstr(place, "{\"number\":")) && log->file_count < most_log_files;
         place++) {
        struct log_file *file = &log->files[log->file_count];
        if (sscanf(place, "{\"number\":%llu,\"inode\":%llu,\"start\":%llu}", &file->number, &file->inode, &file->start)
            == 3) {
            log->file_count++;
        }
    }
    free(json);
}

/// Records the files. The reader needs no other order of the files than that of this list.
static bool save_record(const struct log *log, const struct log_file *files, size_t count) {
    static char text[most_log_files * 96 + 32];
    char path[longest_path];
    int length = snprintf(text, sizeof text, "{\"files\":[");
    for (size_t index = 0; index < count; index++) {
        const struct log_file *file = &files[index];
        length += snprintf(text + length, sizeof text - (size_t)length,
                           "%s{\"number\":%llu,\"inode\":%llu,\"start\":%llu}", index > 0 ? "," : "", file->number,
                           file->inode, file->start);
    }
    snprintf(text + length, sizeof text - (size_t)length, "]}");
    record_path(path, log);
    // Not durable: a power cut may cost old output, but a slow disk must not hold up the replica.
    return replace_file(path, text, false);
}

/// Gives the current file its number, and the new file the name of the log.
static void rename_files(const struct log *log, const struct log_file *current) {
    char numbered[longest_path], new[longest_path];
    number_path(numbered, log->launch->log, current->number);
    new_path(new, log);
    rename(log->launch->log, numbered);
    rename(new, log->launch->log);
}

bool open_files(struct log *log) {
    char new[longest_path];
    new_path(new, log);
    read_record(log);
    if (log->file_count >= 2 && inode_of(new) == log->files[log->file_count - 1].inode) {
        // The supervisor before this one was killed in the middle of a rotation.
        rename_files(log, &log->files[log->file_count - 2]);
    }
    log->file = open(log->launch->log, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    struct stat status;
    if (log->file < 0 || fstat(log->file, &status) != 0) {
        return false;
    }
    log->size = status.st_size;
    if (log->file_count == 0 || log->files[log->file_count - 1].inode != status.st_ino) {
        log->file_count = 1;
        log->files[0] = (struct log_file){.number = 1, .inode = status.st_ino};
    }
    return true;
}

void open_copy(struct log *log) {
    const struct launch *launch = log->launch;
    // The user of the replica may have put a link in the place of a folder.
    if (!launch->log_copy || !act_as_user(&launch->user)) {
        return;
    }
    int creation = launch->continues_copy ? 0 : O_CREAT | O_EXCL;
    log->copy = open(launch->log_copy, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | creation, 0644);
    act_as_self(&launch->user);
    log->copied = log->copy >= 0 ? lseek(log->copy, 0, SEEK_END) : 0;
}

void copy_log(struct log *log) {
    static char buffer[1 << 15];
    ssize_t count;
    while (log->copy >= 0 && (count = pread(log->file, buffer, sizeof buffer, log->copied)) > 0) {
        // A failed write must not end the training.
        if (pwrite(log->copy, buffer, (size_t)count, log->copied) != count) {
            return;
        }
        log->copied += count;
    }
}

/// Rotates the copy like the log. One that the job has moved or removed ends.
static void rotate_copy(struct log *log, const struct log_file *before) {
    char numbered[longest_path];
    struct stat status;
    const char *path = log->launch->log_copy;
    if (log->copy < 0 || fstat(log->copy, &status) != 0 || !act_as_user(&log->launch->user)) {
        return;
    }
    bool is_there = inode_of(path) == status.st_ino;
    number_path(numbered, path, before->number);
    is_there = is_there && rename(path, numbered) == 0;
    close(log->copy);
    log->copy = is_there ? open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_CREAT | O_EXCL, 0644) : -1;
    log->copied = 0;
    act_as_self(&log->launch->user);
}

/// Moves the hard link in the folder of the job to the new file, and gives the file before a second name there.
static void rotate_link(const struct log *log, const struct log_file *before) {
    char numbered[longest_path], own[longest_path];
    const char *path = log->launch->log_link;
    if (!path || !act_as_user(&log->launch->user)) {
        return;
    }
    if (inode_of(path) == before->inode && unlink(path) == 0) {
        number_path(numbered, path, before->number);
        number_path(own, log->launch->log, before->number);
        (void)!link(own, numbered);
        (void)!link(log->launch->log, path);
    }
    act_as_self(&log->launch->user);
}

/// Removes a file of the log, and its second name or its copy in the folder of the job.
static void remove_rotated(const struct log *log, const struct log_file *file) {
    char path[longest_path];
    number_path(path, log->launch->log, file->number);
    unlink(path);
    if (!act_as_user(&log->launch->user)) {
        return;
    }
    if (log->launch->log_link) {
        number_path(path, log->launch->log_link, file->number);
        if (inode_of(path) == file->inode) {
            unlink(path);
        }
    }
    if (log->launch->log_copy) {
        number_path(path, log->launch->log_copy, file->number);
        unlink(path);
    }
    act_as_self(&log->launch->user);
}

/// Makes the next file, with the owner and the mode of the current one. Returns -1 with errno on failure.
static int make_file(const struct log *log, struct stat *status) {
    char path[longest_path];
    struct stat current;
    new_path(path, log);
    unlink(path);
    int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return -1;
    }
    if (fstat(log->file, &current) != 0 || fstat(file, status) != 0
        || (current.st_uid != status->st_uid && fchown(file, current.st_uid, current.st_gid) != 0)
        || fchmod(file, current.st_mode & 0777) != 0) {
        close(file);
        unlink(path);
        return -1;
    }
    return file;
}

bool rotate_log(struct log *log) {
    struct stat status;
    struct log_file next[most_log_files], current = log->files[log->file_count - 1];
    size_t keep = log->launch->log_keep, excess = log->file_count >= keep ? log->file_count + 1 - keep : 0;
    size_t kept = log->file_count - excess;
    int file = make_file(log, &status);
    if (file < 0) {
        return false;
    }
    memcpy(next, log->files + excess, kept * sizeof *next);
    next[kept] = (struct log_file){
        .number = current.number + 1,
        .inode = status.st_ino,
        .start = current.start + (unsigned long long)log->size,
    };
    // Readers look for the new file under all its names, so the record comes before the names.
    if (!save_record(log, next, kept + 1)) {
        close(file);
        return false;
    }
    copy_log(log);
    rename_files(log, &current);
    rotate_link(log, &current);
    rotate_copy(log, &current);
    for (size_t index = 0; index < excess; index++) {
        remove_rotated(log, &log->files[index]);
    }
    memcpy(log->files, next, (kept + 1) * sizeof *next);
    log->file_count = kept + 1;
    close(log->file);
    log->file = file;
    log->size = 0;
    return true;
}
