import CGitMemory
import CLibGit2

/// libgit2's repository and its object database. Only one thread at a time may use it; ``Repository`` ensures that.
final class RepositoryHandle {
    private let repository: Owned
    private let objects: Owned
    /// The folder of loose objects and packs.
    let objectsFolder: String

    /// libgit2's hash checks are off. ``ObjectID/init(_:_:)`` checks instead: in parallel with the reading, and not at
    /// all in a walk through old trees.
    private static let isInitialized: Bool =
        tfjob_git_use_limited_memory() == 0 && git_libgit2_init() > 0 && tfjob_git_skip_hashing() == 0
        && tfjob_git_accept_extensions() == 0

    /// The mailmap that was read last.
    var mailmaps = MailmapCache()
    /// The loose objects that were found whole, see ``checkWhole(_:at:)``.
    var wholeFiles: [ObjectID: LooseFileState] = [:]
    /// The folders of loose objects while one call walks through a whole history, see ``looseFolders()``; nil otherwise.
    var walkedFolders: Set<UInt8>?
    /// The remote that has the missing objects of a partial clone; nil for a complete repository.
    private(set) lazy var promisor = promisorRemote()

    /// Where to find a repository.
    enum Place {
        /// At a path only.
        case path(String)
        /// At a path or in the nearest folder above it.
        case around(String)
        /// Where `GIT_DIR` and git's other variables point, with the objects in quarantine.
        case environment
    }

    init(_ place: Place) throws(GitError) {
        guard Self.isInitialized else { throw .library(.last(-1), doing: "git_libgit2_init") }
        do throws(LibraryFailure) {
            let repository = try Self.open(place)
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

    private static func open(_ place: Place) throws(LibraryFailure) -> Owned {
        do throws(LibraryFailure) {
            return try openChecked(place)
        } catch {
            // libgit2 1.5.1 takes `safe.directory = *` for a path: https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory
            guard isOwnership(error), tfjob_git_trusts_any_owner() == 1 else { throw error }
            _ = tfjob_git_check_owners(0)
            defer { _ = tfjob_git_check_owners(1) }
            return try openChecked(place)
        }
    }

    private static func openChecked(_ place: Place) throws(LibraryFailure) -> Owned {
        try unsafe Owned(freeing: { unsafe git_repository_free($0) }) { made in
            switch place {
            case .path(let path):
                unsafe git_repository_open_ext(&made, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
            case .around(let path):
                unsafe git_repository_open_ext(&made, path, 0, nil)
            case .environment:
                unsafe git_repository_open_ext(&made, nil, GIT_REPOSITORY_OPEN_FROM_ENV.rawValue, nil)
            }
        }
    }

    /// Whether the repository belongs to somebody whom git's settings don't trust.
    private static func isOwnership(_ failure: LibraryFailure) -> Bool {
        // For another user's repository, libgit2 1.5.1 reports that the setting "safe.directory" was not found.
        let lacksSetting = failure.isNotFound && failure.category == GIT_ERROR_CONFIG.rawValue
        return failure.code == GIT_EOWNER.rawValue || lacksSetting
    }

    private static func openingError(_ failure: LibraryFailure, _ place: Place) -> GitError {
        let path =
            switch place {
            case .path(let path), .around(let path): path
            case .environment: "$GIT_DIR"
            }
        if isOwnership(failure) { return .repositoryNotOwned(path: path) }
        if failure.isNotFound { return .repositoryNotFound(path: path) }
        // libgit2 1.5 has no error code for `extensions.*` and `core.repositoryformatversion`.
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

    /// Creates a libgit2 object that belongs to this repository.
    func owned(
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ make: (inout OpaquePointer?, OpaquePointer) -> Int32
    ) throws(LibraryFailure) -> Owned {
        try unsafe use { (repository: OpaquePointer) throws(LibraryFailure) in
            try unsafe Owned(freeing: free) { made in unsafe make(&made, repository) }
        }
    }
}

/// A libgit2 object with a single owner. It is freed at the end of the owner's scope, also after a throw.
@safe
struct Owned: ~Copyable {
    private let pointer: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    /// Takes ownership of the object that a call creates.
    ///
    /// - Parameters:
    ///   - free: libgit2's own function for the kind of object.
    ///   - make: the call. It writes the object and returns libgit2's code.
    init(
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ make: (inout OpaquePointer?) -> Int32
    ) throws(LibraryFailure) {
        var made: OpaquePointer?
        let code = unsafe make(&made)
        guard code >= 0, let made = unsafe made else { throw .last(code) }
        unsafe pointer = unsafe made
        unsafe self.free = unsafe free
    }

    deinit {
        unsafe free(pointer)
    }

    /// Lends the object for one call. The object stays alive until the call returns, which a bare pointer does not
    /// ensure.
    func use<Result: ~Copyable, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
        try unsafe body(pointer)
    }
}
