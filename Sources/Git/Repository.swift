import CLibGit2
import Dispatch

/// A git repository of this machine, read in process.
///
/// The calls of a repository run one after another on its own thread, since libgit2 blocks. They return values, never
/// libgit2's pointers. Open the same repository twice to read during a long call.
public actor Repository {
    private let executor = RepositoryExecutor()
    let handle: RepositoryHandle

    /// The actor's own queue instead of Swift's cooperative pool.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(_ place: RepositoryHandle.Place) throws(GitError) {
        handle = try RepositoryHandle(place)
    }

    /// Opens the repository at a path, bare or with a work tree. The folders above are not searched.
    ///
    /// - Throws: ``GitError/repositoryNotFound(path:)``, ``GitError/repositoryNotOwned(path:)`` and
    ///   ``GitError/formatNotSupported(path:message:)`` with the command that corrects it.
    public static func open(path: String) throws(GitError) -> Repository {
        try Repository(.path(path))
    }

    /// Opens the repository that contains a folder, like git: the folder itself or the nearest one above it.
    ///
    /// - Throws: ``GitError`` as ``open(path:)`` does.
    public static func open(around path: String) throws(GitError) -> Repository {
        try Repository(.around(path))
    }

    /// Opens the repository that `GIT_DIR` and git's other variables name. For hooks: pushed objects are in quarantine
    /// until `pre-receive` has ended, and ``open(path:)`` does not find them.
    ///
    /// <https://git-scm.com/docs/git-receive-pack#_quarantine_environment>
    ///
    /// - Throws: ``GitError`` as ``open(path:)`` does.
    public static func openFromEnvironment() throws(GitError) -> Repository {
        try Repository(.environment)
    }

    /// The version of the linked libgit2, for example `1.5.1`.
    public static var libraryVersion: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        _ = unsafe git_libgit2_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}

/// Runs the calls of one repository one after another on a thread that may block, not on Swift's cooperative pool.
final class RepositoryExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "tfjob-admin.git")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }
}
