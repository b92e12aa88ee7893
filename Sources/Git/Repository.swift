import CLibGit2

/// A git repository of this machine, read in process.
///
/// One repository's calls run one after the other, on a thread of its own; values come out, never libgit2's pointers.
public actor Repository {
    private let executor = RepositoryExecutor()
    let handle: RepositoryHandle

    /// The actor's own thread, since libgit2 blocks.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(_ handle: sending RepositoryHandle) {
        self.handle = handle
    }

    /// Opens the repository at a path, bare or with a work tree; the folders above are not searched.
    ///
    /// - Throws: ``GitError`` that says what to do: make one, allow it, or convert it.
    public static func open(path: String) throws(GitError) -> Repository {
        Repository(try RepositoryHandle(path: path))
    }

    /// The version of libgit2 that is linked, `1.5.1` say.
    public static var libraryVersion: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        _ = unsafe git_libgit2_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// The newest commit of a branch, read anew; nil where the repository is empty or the branch is absent.
    public func head(of branch: String) throws(GitError) -> ObjectID? {
        try handle.head(of: branch)
    }

    /// The folder that holds references and objects: `.git`, or the repository itself where it is bare.
    func commonFolder() throws(GitError) -> String {
        try handle.commonFolder()
    }
}
