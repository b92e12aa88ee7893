#ifndef TFJOB_ADMIN_CSUPERVISOR_H
#define TFJOB_ADMIN_CSUPERVISOR_H

/// Runs the replica of a folder and returns when it has ended and its exit record is written.
///
/// Returns 0; 64 if the folder has no launch record; 1 after a failed system call, with a line on standard error.
int tfjob_admin_supervise(const char *folder);

#endif
