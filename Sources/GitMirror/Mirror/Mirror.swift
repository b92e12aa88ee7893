import Git
import Platform

/// A bare copy of one branch of a remote, in a folder of the service's own, kept up to date by the `git` program (2.37 or newer).
///
///     let mirror = Mirror(of: address, branch: "main", in: "/var/lib/tfjob-admin/mirror")
///     switch try await mirror.fetch() {
///     case .unchanged: …
///     case .moved(let old, let new): …       // read it: Repository.open(path: mirror.path)
///     case .branchAbsent: …
///     }
///
/// The network is git's alone, in a child process that is killed at its deadline: libgit2's calls can't be ended. Everything is read
/// through libgit2. The branch in the mirror moves only after a fetch that is whole, checked (`transfer.fsckObjects`) and connected;
/// whatever goes wrong before leaves it where it was.
///
/// One mirror works on a folder at a time: hold the state folder's lock.
public actor Mirror {
    /// The repository to open by ``Repository/open(path:)``; there is none before the first fetch has succeeded or found the branch
    /// absent. A repository that is open goes on seeing what is fetched, also while ``maintain()`` runs; after ``rebuild()`` open
    /// it anew.
    public nonisolated let path: String

    let address: RemoteAddress
    let branch: String
    let settings: MirrorSettings
    nonisolated let folder: MirrorFolder
    private var turns = Turns()
    private var isPrepared = false
    /// While another repository is being put in the place of this one, nobody may repack it.
    var isRebuilding = false
    /// Whether a git was ended in the midst of its work since the last cleaning.
    var isClean = false
    var maintenance: Task<Result<Maintenance, MirrorError>, Never>?
    /// How often packs were joined since all was packed anew.
    var joins = 0

    /// Names a mirror; nothing is done yet.
    ///
    /// - Parameters:
    ///   - address: the remote.
    ///   - branch: the short name of the branch, `main` say. Nothing else is fetched.
    ///   - settings: keys, files, limits.
    ///   - folder: a folder of its own, made if absent. What it has of another address or branch is replaced.
    public init(
        of address: RemoteAddress,
        branch: String,
        _ settings: MirrorSettings = MirrorSettings(),
        in folder: String
    ) {
        self.address = address
        self.branch = branch
        self.settings = settings.withAbsolutePaths
        self.folder = MirrorFolder(path: folder.absolutePath)
        path = self.folder.repository
    }

    /// Brings the branch up to date. Where nothing has changed, that costs one advertisement of the one reference.
    ///
    /// A second call waits for the first one and then fetches again: what was pushed meanwhile is not missed.
    ///
    /// - Throws: ``MirrorError``; the mirror is as it was before, and may be read.
    public func fetch() async throws(MirrorError) -> Fetched {
        try await inTurn { mirror throws(MirrorError) in
            try await mirror.prepare()
            return try await mirror.update(mirror.folder.repository)
        }
    }

    /// Fetches everything into a new repository and puts that in the place of the old one: the cure for one that is damaged,
    /// when reading says ``GitError/objectCorrupt(_:path:message:)`` or ``GitError/objectMissing(_:path:)``.
    ///
    /// - Throws: ``MirrorError``; the old one is still there then.
    public func rebuild() async throws(MirrorError) -> Fetched {
        try await inTurn { mirror throws(MirrorError) in
            mirror.isRebuilding = true
            defer { mirror.isRebuilding = false }
            mirror.maintenance?.cancel()
            _ = await mirror.maintenance?.value
            try await mirror.prepare()
            let old = try? await mirror.head(in: mirror.folder.repository)
            try mirror.folder.removeReplacement()
            try await mirror.makeRepository()
            let fetched = try await mirror.update(mirror.folder.replacement)
            try mirror.folder.swap()
            switch fetched {
            case .moved(_, let new): return new == old ? .unchanged(new) : .moved(from: old, to: new)
            case .unchanged, .branchAbsent: return fetched
            }
        }
    }

    private func inTurn<Value: Sendable>(
        _ body: (isolated Mirror) async throws(MirrorError) -> Value
    ) async throws(MirrorError) -> Value {
        if !turns.takeIfFree() {
            await withCheckedContinuation { turns.add($0) }
        }
        defer { turns.end() }
        return try await body(self)
    }

    /// Sees to it that there is a repository of this address and branch, with no left-overs in it.
    private func prepare() async throws(MirrorError) {
        if !isPrepared {
            try folder.prepare()
            try folder.removeReplacement()
            isPrepared = true
        }
        if folder.origin(of: folder.repository) != origin {
            try await makeRepository()
            try folder.swap()
        }
        if !isClean {
            let leftOvers = LeftOvers(repository: folder.repository)
            leftOvers.removeLocks()
            // What a maintenance is writing has names of the same form.
            if maintenance == nil {
                leftOvers.removeTemporaryFiles()
                isClean = true
            }
        }
    }

    /// What a repository has to be a mirror of.
    var origin: String { "\(address.url)\n\(branch)\n" }
}
