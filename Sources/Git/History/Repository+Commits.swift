import CLibGit2
import Foundation

extension Repository {
    /// Reads a commit.
    ///
    /// - Throws: ``GitError/objectMissing(_:path:)`` where it is not there.
    public func commit(_ id: ObjectID) throws(GitError) -> Commit {
        let isBoundary = handle.shallowBoundary().contains(id)
        return try handle.commit(id, handle.mailmap(), parents: isBoundary ? [] : try handle.node(id).parents)
    }
}

extension RepositoryHandle {
    func commit(_ id: ObjectID, _ mailmap: Mailmap, parents: [ObjectID]) throws(GitError) -> Commit {
        let commit = try self.commit(id)
        return try unsafe commit.use { (commit: OpaquePointer) throws(GitError) in
            guard let author = unsafe git_commit_author(commit), let committer = unsafe git_commit_committer(commit)
            else { throw .objectCorrupt(id, path: nil, message: "it has no author") }
            return unsafe Commit(
                id: id,
                tree: ObjectID(git_commit_tree_id(commit).pointee),
                parents: parents,
                author: Signature(author.pointee, mailmap),
                committer: Signature(committer.pointee, mailmap),
                message: git_commit_message(commit).map { unsafe String(cString: $0) } ?? ""
            )
        }
    }
}

extension Signature {
    fileprivate init(_ signature: git_signature, _ mailmap: Mailmap) {
        let (name, mail) = unsafe mailmap.resolve(
            name: String(cString: signature.name),
            mail: String(cString: signature.email)
        )
        self.init(
            name: name,
            mail: mail,
            time: unsafe Date(timeIntervalSince1970: TimeInterval(signature.when.time)),
            offset: unsafe Int(signature.when.offset)
        )
    }
}
