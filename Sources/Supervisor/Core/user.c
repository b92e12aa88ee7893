#include "user.h"

#include <errno.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <unistd.h>

bool become_user(const struct user *user) {
    if (!user->is_set) {
        return true;
    }
    struct rlimit limit = {.rlim_cur = user->processes, .rlim_max = user->processes};
    return (user->processes == 0 || setrlimit(RLIMIT_NPROC, &limit) == 0)
        && setgroups(user->group_count, user->groups) == 0
        && setresgid(user->group, user->group, user->group) == 0 && setresuid(user->user, user->user, user->user) == 0;
}

/// The supervisor needs no groups of its own, so it keeps those of the user.
bool act_as_user(const struct user *user) {
    if (!user->is_set) {
        return true;
    }
    if (setgroups(user->group_count, user->groups) != 0) {
        return false;
    }
    setfsgid(user->group);
    setfsuid(user->user);
    // The two calls don't report errors; a call with an invalid number returns the current one.
    if ((uid_t)setfsuid((uid_t)-1) != user->user) {
        act_as_self(user);
        return false;
    }
    return true;
}

void act_as_self(const struct user *user) {
    if (user->is_set) {
        setfsuid(geteuid());
        setfsgid(getegid());
    }
}
