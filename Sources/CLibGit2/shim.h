#ifndef TFJOB_ADMIN_CLIBGIT2_SHIM_H
#define TFJOB_ADMIN_CLIBGIT2_SHIM_H

#include <git2.h>

#endif
