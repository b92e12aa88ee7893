#include "CSupervisor.h"

#include <stdio.h>
#include <string.h>

/// `tfjob-supervisor supervise FOLDER`: the parent process of one replica. Only the service starts it.
int main(int count, char **arguments) {
    if (count != 3 || strcmp(arguments[1], "supervise") != 0) {
        fputs("usage: tfjob-supervisor supervise FOLDER; only the service starts this program\n", stderr);
        return 64;
    }
    return tfjob_admin_supervise(arguments[2]);
}
