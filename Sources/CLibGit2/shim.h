#ifndef TFJOB_ADMIN_CLIBGIT2_SHIM_H
#define TFJOB_ADMIN_CLIBGIT2_SHIM_H

#include <git2.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

/// Has libgit2 take objects as they are unpacked, without hashing them: 0, or an error code.
static inline int tfjob_git_skip_hashing(void) { return git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0); }

/// Has libgit2 open repositories with extensions that change nothing of how objects and references are read: 0, or an error code.
///
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-extensions>
static inline int tfjob_git_accept_extensions(void)
{
    // libgit2 compares them with the names as its configuration has them, in lower case.
    const char *names[] = {"noop", "partialclone", "preciousobjects", "relativeworktrees", "worktreeconfig"};
    return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, sizeof(names) / sizeof(names[0]));
}

/// A star counts until an empty value after it, which empties the list.
static inline int tfjob_read_safe_directory(const git_config_entry *entry, void *trusts_any)
{
    if (strcmp(entry->value, "*") == 0)
        *(int *)trusts_any = 1;
    else if (entry->value[0] == '\0')
        *(int *)trusts_any = 0;
    return 0;
}

/// Whether `safe.directory` of the user's and the machine's settings has a star: 1 or 0. A repository's own settings don't count.
///
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory>
static inline int tfjob_git_trusts_any_owner(void)
{
    int trusts_any = 0;
    git_config *settings = NULL;
    if (git_config_open_default(&settings) == 0)
        git_config_get_multivar_foreach(settings, "safe.directory", NULL, tfjob_read_safe_directory, &trusts_any);
    git_config_free(settings);
    return trusts_any;
}

/// Has libgit2 refuse repositories of other users, or not.
static inline int tfjob_git_check_owners(int checks)
{
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, checks);
}

/// Whether bytes are a zlib stream from its begin to its end: 1 or 0. <https://zlib.net/manual.html>
static inline int tfjob_is_whole_stream(const unsigned char *bytes, size_t count)
{
    unsigned char output[1 << 14];
    z_stream stream = {0};
    int code;
    if (count > UINT_MAX || inflateInit(&stream) != Z_OK)
        return 0;
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)count;
    do {
        stream.next_out = output;
        stream.avail_out = sizeof(output);
        code = inflate(&stream, Z_NO_FLUSH);
    } while (code == Z_OK);
    inflateEnd(&stream);
    return code == Z_STREAM_END;
}

#endif
