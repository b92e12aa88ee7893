import CLibGit2
public import Platform

/// Why the repository could not be read.
public enum GitError: Error, Sendable, Equatable {
    /// There is no repository at a path. The folders above it are not searched.
    case repositoryNotFound(path: String)
    /// The repository belongs to another user, and git's `safe.directory` does not list it.
    case repositoryNotOwned(path: String)
    /// The repository has a format that libgit2 can't read, for example SHA-256.
    case formatNotSupported(path: String, message: String)
    /// A commit that existed before is missing or incomplete: the branch was rewritten, and git has pruned the old
    /// objects.
    case commitVanished(ObjectID)
    /// A referenced object is missing. The path is its place in the tree; nil for a commit.
    case objectMissing(ObjectID, path: String?)
    /// A partial clone does not have an object, but the remote does. The path is its place in the tree.
    case objectNotFetched(ObjectID, path: String, remote: String)
    /// An object exists and can't be read. The path is its place in the tree; nil for a commit.
    case objectCorrupt(ObjectID, path: String?, message: String)
    /// The answer lies beyond the boundary of a shallow clone.
    case historyIncomplete(ObjectID)
    /// A folder that a job names is not in the tree of a commit.
    case folderMissing(String, commit: ObjectID)
    /// A tree has an entry that must not be written to disk.
    case entryRefused(path: String, reason: String)
    /// A blob is larger than the caller takes, in bytes.
    case tooLarge(size: Int, limit: Int)
    /// A tree has more nested folders than are read.
    case treeTooDeep(path: String, limit: Int)
    /// A tree has more entries than are read.
    case treeTooLarge(path: String, limit: Int)
    /// The files of a folder have more bytes in total than are written to disk.
    case exportTooLarge(path: String, limit: Int)
    /// The `git` program could not copy a file.
    case exportFailed(path: String, reason: String)
    /// The operating system refused.
    case system(PlatformError)
    /// Any other error of libgit2, and the operation.
    case library(LibraryFailure, doing: String)

    /// Whether the repository is damaged: an object is missing or can't be read.
    public var isDamage: Bool {
        switch self {
        case .objectMissing, .objectCorrupt: true
        default: false
        }
    }

    /// Whether repeating the operation fails too.
    public var isPermanent: Bool {
        switch self {
        case .folderMissing, .entryRefused, .tooLarge, .treeTooDeep, .treeTooLarge, .exportTooLarge: true
        default: false
        }
    }
}

extension GitError: CustomStringConvertible {
    /// A sentence for the operator that says what to do.
    public var description: String {
        switch self {
        case .repositoryNotFound(let path):
            "there is no git repository at \(path); name the folder of one, or make one with: git init --bare \(path)"
        case .repositoryNotOwned(let path):
            "\(path) belongs to another user; allow it with: git config --global --add safe.directory \(path)"
        case .formatNotSupported(let path, let message):
            "\(path) has a format that can't be read (\(message)); \(Self.advice(onFormat: message, path))"
        case .commitVanished(let id):
            "the commit \(id) is not in the repository any more"
        case .objectMissing(let id, let path):
            "\(Self.name(id, path)) is missing; see what else is with: git fsck, and push or fetch it again"
        case .objectNotFetched(let id, let path, let remote):
            """
            the object \(id) at "\(path)" is not in this partial clone; fetch it with: git cat-file -e \(id), \
            or all that is missing with: git fetch --refetch --no-filter \(remote)
            """
        case .objectCorrupt(let id, let path, let message):
            "\(Self.name(id, path)) can't be read: \(message); see what else can't with: git fsck"
        case .historyIncomplete(let id):
            "the history of \(id) ends at a shallow clone's boundary; get the rest with: git fetch --unshallow"
        case .folderMissing(let folder, let commit):
            """
            workdir: there is no folder "\(folder)" at commit \(commit); \
            push the folder, or correct workdir
            """
        case .entryRefused(let path, let reason):
            "\(path) is not written to disk: \(reason)"
        case .tooLarge(let size, let limit):
            "\(size) bytes are more than the \(limit) that are allowed"
        case .treeTooDeep(let path, let limit):
            "the folder at \"\(path)\" is more than \(limit) folders deep; keep such data outside the repository"
        case .treeTooLarge(let path, let limit):
            "the tree has more than \(limit) entries, the last one read at \"\(path)\"; keep such data outside the repository"
        case .exportTooLarge(let path, let limit):
            """
            the folder has more than \(limit) bytes, with "\(path)"; keep data outside the repository, \
            or raise repository.exportLimit
            """
        case .exportFailed(let path, let reason):
            "\(path) is not written to disk: git cat-file: \(reason)"
        case .system(let error):
            error.description
        case .library(let failure, let doing):
            "\(doing): \(failure.message)"
        }
    }

    /// The command that corrects a format, by libgit2's message.
    private static func advice(onFormat message: String, _ path: String) -> String {
        let message = message.lowercased()
        if message.contains("objectformat") || message.contains("object format") {
            return "make the repository with: git init --object-format=sha1, and push to that one"
        }
        if message.contains("refstorage") {
            return "store its references as files: git -C \(path) refs migrate --ref-format=files"
        }
        return "clone it without that extension, and use the clone: git clone --bare \(path)"
    }

    private static func name(_ id: ObjectID, _ path: String?) -> String {
        path.map { "the object \(id) at \"\($0)\"" } ?? "the commit \(id)"
    }
}

extension GitError {
    /// The bytes of an object are not a valid tree.
    static func treeMalformed(_ id: ObjectID, path: String, _ fault: TreeObject.Malformed) -> GitError {
        .objectCorrupt(id, path: path, message: "the tree has \(fault.reason)")
    }

    /// The hash of an object's bytes differs from its name.
    static func otherContent(_ id: ObjectID, path: String?) -> GitError {
        .objectCorrupt(id, path: path, message: "its bytes are not those that it is named after")
    }

    /// The error of a failed lookup in a complete repository.
    static func unreadable(_ id: ObjectID, path: String?, _ failure: LibraryFailure) -> GitError {
        failure.isNotFound
            ? .objectMissing(id, path: path) : .objectCorrupt(id, path: path, message: failure.message)
    }
}

/// Throws an error for a negative return value of libgit2.
func checkResult(_ code: Int32, _ doing: @autoclosure () -> String) throws(GitError) {
    guard code < 0 else { return }
    throw .library(.last(code), doing: doing())
}

/// libgit2's error of a failed call. Read it right after the call, since it belongs to the thread and its last call.
///
/// <https://libgit2.org/libgit2/#v1.5.1/group/error>
public struct LibraryFailure: Error, Sendable, Equatable {
    /// The `git_error_code`, below zero.
    public let code: Int32
    /// The `git_error_t`, for example 9 for the object database; 0 if it is unknown.
    public let category: Int32
    /// The message of libgit2.
    public let message: String

    /// The failure of the last call on this thread.
    static func last(_ code: Int32) -> LibraryFailure {
        guard let error = unsafe git_error_last(), let message = unsafe error.pointee.message else {
            return LibraryFailure(code: code, category: 0, message: "libgit2 gives no reason (code \(code))")
        }
        return unsafe LibraryFailure(code: code, category: error.pointee.klass, message: String(cString: message))
    }

    /// Throws the last failure for a negative code.
    static func check(_ code: Int32) throws(LibraryFailure) {
        guard code >= 0 else { throw .last(code) }
    }

    /// An object exists but is not of the expected kind.
    static let otherKind = LibraryFailure(
        code: GIT_ERROR.rawValue,
        category: Int32(GIT_ERROR_OBJECT.rawValue),
        message: "it is an object of another kind"
    )

    var isNotFound: Bool { code == GIT_ENOTFOUND.rawValue }
}
