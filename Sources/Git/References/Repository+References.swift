import CLibGit2

extension Repository {
    /// The newest commit of a branch, read anew from its file or from `packed-refs`; nil where the repository is empty or the
    /// branch is absent.
    ///
    /// - Parameter branch: the short name, `main` say.
    /// - Throws: ``GitError`` where the reference is there and can't be read, or leads to no commit.
    public func head(of branch: String) throws(GitError) -> ObjectID? {
        let name = "refs/heads/\(branch)"
        var target = git_oid()
        if unsafe handle.use({ unsafe git_reference_name_to_id(&target, $0, name) }) == 0 {
            try handle.checkWhole(ObjectID(target), at: nil)
        }
        let found: ObjectID
        do throws(LibraryFailure) {
            let reference = try unsafe handle.owned(freeing: { unsafe git_reference_free($0) }) { made, repository in
                unsafe git_reference_lookup(&made, repository, name)
            }
            let head = try unsafe reference.use { (reference: OpaquePointer) throws(LibraryFailure) in
                let commit = try unsafe Owned(freeing: { unsafe git_object_free($0) }) { made in
                    unsafe git_reference_peel(&made, reference, GIT_OBJECT_COMMIT)
                }
                return unsafe commit.use { unsafe ObjectID(git_object_id($0).pointee) }
            }
            found = head
        } catch {
            // A reference to an object that is missing says "not found" too.
            if error.isNotFound, error.category == GIT_ERROR_REFERENCE.rawValue { return nil }
            throw .library(error, doing: name)
        }
        try handle.checkCommit(found)
        return found
    }

    /// The commit that a revision stands for: a branch, a tag, `HEAD~2`, the beginning of an id.
    ///
    /// <https://git-scm.com/docs/gitrevisions>
    ///
    /// - Returns: nil where there is none, or where it is no commit.
    /// - Throws: ``GitError/library(_:doing:)`` where more than one object could be meant.
    public func resolve(_ revision: String) throws(GitError) -> ObjectID? {
        do throws(LibraryFailure) {
            let object = try unsafe handle.owned(freeing: { unsafe git_object_free($0) }) { made, repository in
                unsafe git_revparse_single(&made, repository, revision)
            }
            return try unsafe object.use { (object: OpaquePointer) throws(LibraryFailure) in
                let commit = try unsafe Owned(freeing: { unsafe git_object_free($0) }) { made in
                    unsafe git_object_peel(&made, object, GIT_OBJECT_COMMIT)
                }
                return unsafe commit.use { unsafe ObjectID(git_object_id($0).pointee) }
            }
        } catch {
            switch error.code {
            case GIT_ENOTFOUND.rawValue, GIT_EINVALIDSPEC.rawValue, GIT_EPEEL.rawValue: return nil
            default: throw .library(error, doing: "revision \(revision)")
            }
        }
    }
}
