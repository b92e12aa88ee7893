import CLibGit2

/// A git repository of this machine, read in process.
///
/// One repository's calls run one after the other, on a thread of its own, since libgit2 blocks; values come out, never its
/// pointers. Open the same repository twice to read while a long call is under way.
public actor Repository {
    private let executor = RepositoryExecutor()
    let handle: RepositoryHandle

    /// The actor's own queue: never Swift's cooperative pool.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(_ place: RepositoryHandle.Place) throws(GitError) {
        handle = try RepositoryHandle(place)
    }

    /// Opens the repository at a path, bare or with a work tree; the folders above are not searched.
    ///
    /// - Throws: ``GitError/repositoryNotFound(path:)``, ``GitError/repositoryNotOwned(path:)`` and
    ///   ``GitError/formatNotSupported(path:message:)`` say what to do: make one, allow it, convert it.
    public static func open(path: String) throws(GitError) -> Repository {
        try Repository(.path(path))
    }

    /// Opens the repository that a folder is in, as git does: the folder itself or the nearest one above it.
    ///
    /// - Throws: ``GitError`` as ``open(path:)`` does.
    public static func open(around path: String) throws(GitError) -> Repository {
        try Repository(.around(path))
    }

    /// Opens the repository that `GIT_DIR` and git's other variables name, as a hook has to: what is being pushed is in
    /// quarantine until `pre-receive` has ended, and a plain ``open(path:)`` does not find it.
    ///
    /// <https://git-scm.com/docs/git-receive-pack#_quarantine_environment>
    ///
    /// - Throws: ``GitError`` as ``open(path:)`` does.
    public static func openFromEnvironment() throws(GitError) -> Repository {
        try Repository(.environment)
    }

    /// The version of libgit2 that is linked, `1.5.1` say.
    public static var libraryVersion: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        _ = unsafe git_libgit2_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}
