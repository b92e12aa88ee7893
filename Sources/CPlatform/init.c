#define _GNU_SOURCE
#include "CPlatform.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/// The exit code of a shell for a process that ended so.
static int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

void tfjob_admin_serve_as_init(void) {
    if (getpid() != 1) {
        return;
    }
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t program = fork();
    if (program <= 0) {
        // The program, or no room for a second process: then it does its work as process 1.
        sigprocmask(SIG_SETMASK, &before, NULL);
        return;
    }
    for (;;) {
        int signal = sigwaitinfo(&all, NULL);
        if (signal > 0 && signal != SIGCHLD) {
            kill(program, signal);
            continue;
        }
        pid_t ended;
        int status;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended == program) {
                // The kernel ends what is left.
                _exit(exit_code(status));
            }
        }
    }
}
