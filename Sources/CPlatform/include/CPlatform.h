#ifndef TFJOB_ADMIN_CPLATFORM_H
#define TFJOB_ADMIN_CPLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/types.h>

// What Swift can't call because it is variadic in C, or takes structures of C alone.

/// Lets the process open as many files as it may.
void tfjob_admin_raise_descriptor_limit(void);

/// As process 1 of a container: continues in a child process, hands all signals on to it, and reaps the processes whose
/// parent has ended. Elsewhere it does nothing. Call it before the process has a second thread.
void tfjob_admin_serve_as_init(void);

/// Tells whether a server could listen on a TCP port, on 127.0.0.1 and on every other IPv4 address of this machine.
bool tfjob_admin_loopback_port_is_free(uint16_t port);

/// Connects to a Unix socket and hangs up: 0 where somebody answers, else the error number; ECONNREFUSED where nobody does.
int tfjob_admin_connect_unix(const char *path);

/// Claims a name of this machine for as long as the descriptor that it returns stays open: no other process gets one. Where
/// another process has the name, it returns -EADDRINUSE and sets `holder` to that process, or to 0 where it is not known, and
/// `user` to its user. Other failures are negative error numbers too.
int tfjob_admin_claim_name(const char *name, pid_t *holder, uid_t *user);

/// Lets the file operations of this thread have the rights of a user. 0, or -1 with errno.
int tfjob_admin_act_as(uid_t user, gid_t group, const gid_t *groups, size_t count);

/// Ends tfjob_admin_act_as.
void tfjob_admin_act_as_self(void);

#endif
