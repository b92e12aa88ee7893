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

/// Tells whether a server could listen on a TCP port, on 127.0.0.1 and on every other IPv4 address of this machine.
bool tfjob_admin_loopback_port_is_free(uint16_t port);

/// Connects to a Unix socket and hangs up: 0 where somebody answers, else the error number; ECONNREFUSED where nobody does.
int tfjob_admin_connect_unix(const char *path);

/// Lets the file operations of this thread have the rights of a user. 0, or -1 with errno.
int tfjob_admin_act_as(uid_t user, gid_t group, const gid_t *groups, size_t count);

/// Ends tfjob_admin_act_as.
void tfjob_admin_act_as_self(void);

#endif
