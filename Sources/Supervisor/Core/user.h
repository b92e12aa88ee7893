#ifndef TFJOB_ADMIN_SUPERVISOR_USER_H
#define TFJOB_ADMIN_SUPERVISOR_USER_H

#include "files.h"

// All functions do nothing and return true if no user is set.

/// Makes this process one of the user, for good. The limit of processes applies to it. Sets errno on failure.
bool become_user(const struct user *user);

/// Lets this process open files with the rights of the user, until act_as_self.
bool act_as_user(const struct user *user);

void act_as_self(const struct user *user);

#endif
