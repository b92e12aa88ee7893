#ifndef TFJOB_ADMIN_CGITMEMORY_H
#define TFJOB_ADMIN_CGITMEMORY_H

#include <stdbool.h>
#include <stddef.h>

/// Has libgit2 take its memory from here: from the C library, up to a limit. To be called before `git_libgit2_init`.
///
/// libgit2 takes the memory for an object in one piece, once it knows the size, and fails where there is none. So a limit keeps an
/// object that is too large from being unpacked, without asking for its size first: in a pack that walks the whole chain of deltas.
///
/// <https://libgit2.org/docs/reference/v1.5.1/sys/alloc/git_allocator.html>
///
/// Returns 0, or a libgit2 error code.
int tfjob_git_use_limited_memory(void);

/// Sets the most bytes that libgit2 gets in one piece on the calling thread; 0 is no limit, as at first.
///
/// Returns whether it was refused memory since the limit was set the last time.
bool tfjob_git_set_memory_limit(size_t bytes);

#endif
