#include "CGitMemory.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local size_t limit;
static _Thread_local bool was_refused;

bool tfjob_git_set_memory_limit(size_t bytes) {
    bool result = was_refused;
    limit = bytes;
    was_refused = false;
    return result;
}

static bool is_allowed(size_t size) {
    bool is_allowed = limit == 0 || size <= limit;
    was_refused = was_refused || !is_allowed;
    return is_allowed;
}

static void *allocate(size_t size, const char *file, int line) { return is_allowed(size) ? malloc(size) : NULL; }

static void *reallocate(void *old, size_t size, const char *file, int line) {
    return is_allowed(size) ? realloc(old, size) : NULL;
}

static void release(void *pointer) { free(pointer); }

// From 1.7 on, libgit2 makes the rest of these three.
#if defined(LIBGIT2_VER_MINOR) && LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 7

static bool is_product_allowed(size_t count, size_t size) {
    size_t product;
    return !__builtin_mul_overflow(count, size, &product) && is_allowed(product);
}

static void *allocate_zeros(size_t count, size_t size, const char *file, int line) {
    return is_product_allowed(count, size) ? calloc(count, size) : NULL;
}

static void *reallocate_array(void *old, size_t count, size_t size, const char *file, int line) {
    return is_product_allowed(count, size) ? realloc(old, count * size) : NULL;
}

static void *allocate_array(size_t count, size_t size, const char *file, int line) {
    return reallocate_array(NULL, count, size, file, line);
}

/// A string of exactly so many bytes.
static char *copy_part(const char *text, size_t length, const char *file, int line) {
    char *copy = length < SIZE_MAX ? allocate(length + 1, file, line) : NULL;
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    return copy;
}

static char *copy_at_most(const char *text, size_t length, const char *file, int line) {
    return copy_part(text, strnlen(text, length), file, line);
}

static char *copy(const char *text, const char *file, int line) { return copy_part(text, strlen(text), file, line); }

static git_allocator allocator = {
    .gmalloc = allocate,
    .gcalloc = allocate_zeros,
    .gstrdup = copy,
    .gstrndup = copy_at_most,
    .gsubstrdup = copy_part,
    .grealloc = reallocate,
    .greallocarray = reallocate_array,
    .gmallocarray = allocate_array,
    .gfree = release,
};

#else

static git_allocator allocator = {.gmalloc = allocate, .grealloc = reallocate, .gfree = release};

#endif

int tfjob_git_use_limited_memory(void) { return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator); }
