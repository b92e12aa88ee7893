import CGitMemory
import CLibGit2

/// libgit2's repository and its objects. Not for two threads at a time: ``Repository`` sees to that.
final class RepositoryHandle {
    private let repository: Owned
    private let objects: Owned
    /// Where objects are that have a file of their own.
    let objectsFolder: String

    /// What is read is hashed here, see ``ObjectID/init(_:_:)``, and not in libgit2: beside the reading, and not at all in a walk
    /// through old trees.
    private static let isInitialized: Bool =
        tfjob_git_use_limited_memory() == 0 && git_libgit2_init() > 0 && tfjob_git_skip_hashing() == 0
        && tfjob_git_accept_extensions() == 0

    /// The names that people want to be known by, as they were last read.
    var mailmaps = MailmapCache()
    /// The remote that has what a partial clone has left out; nil where the repository is whole.
    private(set) lazy var promisor = promisorRemote()

    /// Where a repository is looked for.
    enum Place {
        /// At a path alone.
        case path(String)
        /// At a path or in the nearest folder above it.
        case around(String)
        /// Where `GIT_DIR` and its kin say, objects in quarantine included.
        case environment
    }

    init(_ place: Place) throws(GitError) {
        guard Self.isInitialized else { throw .library(.last(-1), doing: "git_libgit2_init") }
        do throws(LibraryFailure) {
            let repository = try unsafe Owned(freeing: { unsafe git_repository_free($0) }) { made in
                switch place {
                case .path(let path):
                    unsafe git_repository_open_ext(&made, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
                case .around(let path):
                    unsafe git_repository_open_ext(&made, path, 0, nil)
                case .environment:
                    unsafe git_repository_open_ext(&made, nil, GIT_REPOSITORY_OPEN_FROM_ENV.rawValue, nil)
                }
            }
            objects = try unsafe repository.use { (repository: OpaquePointer) throws(LibraryFailure) in
                try unsafe Owned(freeing: { unsafe git_odb_free($0) }) { made in
                    unsafe git_repository_odb(&made, repository)
                }
            }
            objectsFolder = unsafe repository.use { repository in
                unsafe git_repository_commondir(repository).map { unsafe String(cString: $0) + "objects" } ?? ""
            }
            self.repository = repository
        } catch {
            throw Self.openingError(error, place)
        }
    }

    private static func openingError(_ failure: LibraryFailure, _ place: Place) -> GitError {
        let path =
            switch place {
            case .path(let path), .around(let path): path
            case .environment: "$GIT_DIR"
            }
        // libgit2 1.5.1 says of another user's repository that the setting "safe.directory" was not found.
        let lacksSetting = failure.isNotFound && failure.category == GIT_ERROR_CONFIG.rawValue
        if failure.code == GIT_EOWNER.rawValue || lacksSetting { return .repositoryNotOwned(path: path) }
        if failure.isNotFound { return .repositoryNotFound(path: path) }
        // libgit2 1.5 has no code of its own for `extensions.*` and `core.repositoryformatversion`.
        if failure.message.contains("extension") || failure.message.contains("repository version") {
            return .formatNotSupported(path: path, message: failure.message)
        }
        return .library(failure, doing: path)
    }

    /// Lends libgit2's repository for one call.
    func use<Result: ~Copyable, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
        try unsafe repository.use(body)
    }

    /// Lends libgit2's object database for one call.
    func useObjects<Result: ~Copyable, Failure>(
        _ body: (OpaquePointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe objects.use(body)
    }

    /// Makes something that belongs to this repository.
    func owned(
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ make: (inout OpaquePointer?, OpaquePointer) -> Int32
    ) throws(LibraryFailure) -> Owned {
        try unsafe use { (repository: OpaquePointer) throws(LibraryFailure) in
            try unsafe Owned(freeing: free) { made in unsafe make(&made, repository) }
        }
    }
}
