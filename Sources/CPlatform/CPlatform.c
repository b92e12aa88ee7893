#define _GNU_SOURCE
#include "CPlatform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

void tfjob_admin_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

bool tfjob_admin_loopback_port_is_free(uint16_t port) {
    int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
        return false;
    }
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    // All addresses, as TensorFlow's servers bind: a listener on any one of them is in the way.
    // Without SO_REUSEADDR: a port that lingers in TIME_WAIT counts as taken, since a script's server may not set it either.
    bool is_free = bind(socket_fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(socket_fd);
    return is_free;
}

int tfjob_admin_connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return ENAMETOOLONG;
    }
    strcpy(address.sun_path, path);
    // Without blocking: where the queue of a service is full, there is a service.
    int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0) {
        return errno;
    }
    int result = connect(socket_fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(socket_fd);
    return result;
}

// The functions of the C library change all threads. The system calls change this one:
// https://man7.org/linux/man-pages/man2/setfsuid.2.html
static __thread gid_t own_groups[256];
static __thread long own_count;

int tfjob_admin_act_as(uid_t user, gid_t group, const gid_t *groups, size_t count) {
    own_count = getgroups(sizeof own_groups / sizeof *own_groups, own_groups);
    if (own_count < 0 || syscall(SYS_setgroups, count, groups) != 0) {
        return -1;
    }
    setfsgid(group);
    setfsuid(user);
    // They report no errors; a call with an invalid number returns the current one.
    if ((uid_t)setfsuid((uid_t)-1) != user) {
        tfjob_admin_act_as_self();
        errno = EPERM;
        return -1;
    }
    return 0;
}

void tfjob_admin_act_as_self(void) {
    setfsuid(geteuid());
    setfsgid(getegid());
    // Without the groups of root, root can still do everything.
    (void)!syscall(SYS_setgroups, own_count, own_groups);
}

int tfjob_admin_claim_name(const char *name, pid_t *holder, uid_t *user) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof address.sun_path) {
        return -ENAMETOOLONG;
    }
    // A name that begins with a zero byte is no file: https://man7.org/linux/man-pages/man7/unix.7.html.
    memcpy(address.sun_path + 1, name, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0) {
        return -errno;
    }
    if (bind(socket_fd, (struct sockaddr *)&address, size) == 0 && listen(socket_fd, SOMAXCONN) == 0) {
        return socket_fd;
    }
    int error = errno;
    struct ucred peer;
    socklen_t peer_size = sizeof peer;
    *holder = 0;
    if (error == EADDRINUSE && connect(socket_fd, (struct sockaddr *)&address, size) == 0
        && getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) == 0) {
        *holder = peer.pid;
        *user = peer.uid;
    }
    close(socket_fd);
    return -error;
}
