import CLibGit2

/// libgit2's repository. Not for two threads at a time: ``Repository`` sees to that.
final class RepositoryHandle {
    private let owned: Owned

    private static let isInitialized: Bool = git_libgit2_init() > 0

    init(path: String) throws(GitError) {
        guard Self.isInitialized else { throw .failed("libgit2", message: "it could not be initialized") }
        do throws(GitError) {
            owned = try unsafe Owned(freeing: { unsafe git_repository_free($0) }, path) { made in
                unsafe git_repository_open_ext(&made, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
            }
        } catch {
            switch error {
            case .objectUnreadable: throw .repositoryNotFound(path: path)
            case .failed(_, let message) where message.contains("extension") || message.contains("version"):
                throw .formatNotSupported(path: path, message: message)
            default: throw error
            }
        }
    }

    /// Lends libgit2's pointer for one call.
    func use<Result: ~Copyable>(_ body: (OpaquePointer) throws(GitError) -> Result) throws(GitError) -> Result {
        try unsafe owned.use(body)
    }

    func head(of branch: String) throws(GitError) -> ObjectID? {
        var oid = git_oid()
        let name = "refs/heads/\(branch)"
        let code = try unsafe use { repository in
            unsafe git_reference_name_to_id(&oid, repository, name)
        }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, name)
        return ObjectID(oid)
    }

    func commonFolder() throws(GitError) -> String {
        try unsafe use { repository in
            unsafe String(cString: git_repository_commondir(repository))
        }
    }

    /// Looks up a commit.
    func commit(_ id: ObjectID) throws(GitError) -> Owned {
        try unsafe owned("commit \(id)", freeing: { unsafe git_commit_free($0) }) { made, repository in
            var oid = id.raw
            return unsafe git_commit_lookup(&made, repository, &oid)
        }
    }

    /// Looks up a tree.
    func tree(_ id: ObjectID) throws(GitError) -> Owned {
        try unsafe owned("tree \(id)", freeing: { unsafe git_tree_free($0) }) { made, repository in
            var oid = id.raw
            return unsafe git_tree_lookup(&made, repository, &oid)
        }
    }

    /// Looks up a blob.
    func blob(_ id: ObjectID) throws(GitError) -> Owned {
        try unsafe owned("blob \(id)", freeing: { unsafe git_blob_free($0) }) { made, repository in
            var oid = id.raw
            return unsafe git_blob_lookup(&made, repository, &oid)
        }
    }

    /// Makes an object of this repository.
    func owned(
        _ what: String,
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ make: (inout OpaquePointer?, OpaquePointer) -> Int32
    ) throws(GitError) -> Owned {
        try unsafe use { (repository: OpaquePointer) throws(GitError) in
            try unsafe Owned(freeing: free, what) { made in unsafe make(&made, repository) }
        }
    }
}
