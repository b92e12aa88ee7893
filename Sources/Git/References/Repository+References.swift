import CLibGit2

extension Repository {
    /// Reads the newest commit of a branch from its file or from `packed-refs`. Returns nil if the repository is empty
    /// or the branch is absent.
    ///
    /// - Parameter branch: the short name, such as `main`.
    /// - Throws: ``GitError`` if the reference exists and can't be read, or does not point to a commit.
    public func head(of branch: String) throws(GitError) -> ObjectID? {
        let name = "refs/heads/\(branch)"
        guard let target = try handle.target(of: name) else { return nil }
        guard let commit = try handle.peel(target) else { throw .library(.otherKind, doing: name) }
        try handle.checkCommit(commit)
        return commit
    }
}

extension RepositoryHandle {
    /// The object that a reference points to, directly or through symbolic references; nil if there is no such
    /// reference.
    ///
    /// - Parameter name: the whole name, such as `refs/heads/main` or `HEAD`.
    /// - Throws: ``GitError/library(_:doing:)`` if it exists and can't be read.
    func target(of name: String) throws(GitError) -> ObjectID? {
        var target = git_oid()
        let code = unsafe use { unsafe git_reference_name_to_id(&target, $0, name) }
        guard code < 0 else { return ObjectID(target) }
        let failure = LibraryFailure.last(code)
        if failure.isNotFound || code == GIT_EINVALIDSPEC.rawValue { return nil }
        throw .library(failure, doing: name)
    }

    /// Follows tags to their commit; nil if they point to another kind of object.
    ///
    /// libgit2's own function refuses commits that git reads.
    func peel(_ id: ObjectID) throws(GitError) -> ObjectID? {
        var id = id
        // No real chain of tags is longer.
        for _ in 0..<Self.mostTags {
            let (type, bytes) = try object(id, at: nil)
            switch type {
            case GIT_OBJECT_COMMIT: return id
            case GIT_OBJECT_TAG:
                guard bytes.starts(with: Self.tagKey),
                    let target = ObjectID(digits: bytes.dropFirst(Self.tagKey.count).prefix(40))
                else { return nil }
                id = target
            default: return nil
            }
        }
        return nil
    }

    private static let tagKey = Array("object ".utf8)
    private static let mostTags = 100
}
