import CLibGit2
public import Foundation

/// A commit, with its author as the `.mailmap` has him.
public struct Commit: Sendable, Equatable {
    /// The name of the commit.
    public let id: ObjectID
    /// The first is the branch that was merged into.
    public let parents: [ObjectID]
    /// Who wrote it, which need not be who committed it.
    public let author: Signature
    /// When it was made, which is when it came to be rather than when it was written.
    public let committed: Date
    /// Whole, as UTF-8; bytes that are none are replaced.
    public let message: String
}

/// Who wrote a commit, and when.
public struct Signature: Sendable, Equatable {
    /// As the person wrote it, or `.mailmap` does.
    public let name: String
    /// The address without brackets.
    public let mail: String
    /// To the second, as git keeps it.
    public let time: Date
}

extension Repository {
    /// Reads a commit.
    public func commit(_ id: ObjectID) throws(GitError) -> Commit {
        try handle.commitValue(id)
    }
}

extension RepositoryHandle {
    func commitValue(_ id: ObjectID) throws(GitError) -> Commit {
        let mailmap = try unsafe owned("mailmap", freeing: { unsafe git_mailmap_free($0) }) { made, repository in
            unsafe git_mailmap_from_repository(&made, repository)
        }
        let commit = try self.commit(id)
        return try unsafe commit.use { (commit: OpaquePointer) throws(GitError) in
            var resolved: UnsafeMutablePointer<git_signature>?
            let code = try unsafe mailmap.use { mailmap in
                unsafe git_mailmap_resolve_signature(&resolved, mailmap, git_commit_author(commit))
            }
            try check(code, "author of commit \(id)")
            defer { unsafe git_signature_free(resolved) }
            guard let author = unsafe resolved?.pointee else {
                throw .failed("commit \(id)", message: "it has no author")
            }
            return unsafe Commit(
                id: id,
                parents: Self.parents(of: commit),
                author: Signature(
                    name: String(cString: author.name),
                    mail: String(cString: author.email),
                    time: Date(timeIntervalSince1970: TimeInterval(author.when.time))
                ),
                committed: Date(timeIntervalSince1970: TimeInterval(git_commit_time(commit))),
                message: String(cString: git_commit_message(commit))
            )
        }
    }

    /// Reads where a commit stands in history, without its author and message.
    func ancestry(_ id: ObjectID) throws(GitError) -> (parents: [ObjectID], time: Int64) {
        try unsafe commit(id).use { commit in
            unsafe (Self.parents(of: commit), git_commit_time(commit))
        }
    }

    private static func parents(of commit: OpaquePointer) -> [ObjectID] {
        (0..<(unsafe git_commit_parentcount(commit))).compactMap { index in
            unsafe git_commit_parent_id(commit, index).map { unsafe ObjectID($0.pointee) }
        }
    }
}
