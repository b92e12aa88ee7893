import CLibGit2

/// Why the repository could not be read, in words that say what to do.
public enum GitError: Error, Sendable, Equatable {
    /// There is no repository at a path.
    case repositoryNotFound(path: String)
    /// It belongs to another user, and git's `safe.directory` does not name it.
    case repositoryNotOwned(path: String)
    /// It uses an object format that libgit2 can't read, SHA-256 above all.
    case formatNotSupported(path: String, message: String)
    /// A commit that was there before is gone: the branch was rewritten and the repository cleaned up.
    case commitVanished(ObjectID)
    /// An object that others name is not there, or can't be read.
    case objectUnreadable(String, message: String)
    /// A folder that a job names is not in the tree of a commit.
    case folderMissing(String, commit: ObjectID)
    /// A tree has an entry that must not be written to disk.
    case entryRefused(path: String, reason: String)
    /// A blob is larger than the caller takes, in bytes.
    case tooLarge(size: Int, limit: Int)
    /// Whatever else libgit2 said.
    case failed(String, message: String)

    /// Whether another try of the same must fail too.
    public var isPermanent: Bool {
        switch self {
        case .folderMissing, .entryRefused, .tooLarge: true
        default: false
        }
    }

    /// Makes an error of a return value, with libgit2's last message: the message belongs to this thread and to the last call.
    ///
    /// - Parameters:
    ///   - code: what the call returned.
    ///   - what: what was being done, or to what.
    static func last(_ code: Int32, _ what: String) -> GitError {
        let message =
            unsafe git_error_last().map { unsafe String(cString: $0.pointee.message) } ?? "libgit2 error \(code)"
        switch code {
        case GIT_ENOTFOUND.rawValue: return .objectUnreadable(what, message: message)
        case GIT_EOWNER.rawValue: return .repositoryNotOwned(path: what)
        default: return .failed(what, message: message)
        }
    }
}

extension GitError: CustomStringConvertible {
    /// A sentence.
    public var description: String {
        switch self {
        case .repositoryNotFound(let path):
            "there is no git repository at \(path); make one with: git init --bare \(path)"
        case .repositoryNotOwned(let path):
            "\(path) belongs to another user; allow it with: git config --global --add safe.directory \(path)"
        case .formatNotSupported(let path, let message):
            "\(path) has an object format that can't be read (\(message)); make the repository with: git init --object-format=sha1"
        case .commitVanished(let id):
            "the commit \(id) is not in the repository any more"
        case .objectUnreadable(let what, let message):
            "\(what) can't be read: \(message); run git fsck in the repository"
        case .folderMissing(let folder, let commit):
            "workdir: there is no folder \"\(folder)\" at commit \(commit); push the folder in the commit that changes the job file"
        case .entryRefused(let path, let reason):
            "\(path) is not written to disk: \(reason)"
        case .tooLarge(let size, let limit):
            "\(size) bytes are more than the \(limit) that are allowed"
        case .failed(let what, let message):
            "\(what): \(message)"
        }
    }
}

/// Turns libgit2's return value into an error.
func check(_ code: Int32, _ what: @autoclosure () -> String) throws(GitError) {
    guard code < 0 else { return }
    throw GitError.last(code, what())
}
