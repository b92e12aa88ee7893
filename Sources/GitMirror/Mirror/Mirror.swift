public import Git
import Platform

/// A bare copy of one branch of a remote, in a folder of the service. The `git` program (2.37 or newer) keeps it up to
/// date.
///
///     let mirror = Mirror(of: address, branch: "main", in: "/var/lib/tfjob-admin/mirror")
///     switch try await mirror.fetch() {
///     case .unchanged: …
///     case .moved(let old, let new): …       // read it: Repository.open(path: mirror.path)
///     case .branchAbsent: …
///     }
///
/// Only git uses the network, in a child process that is killed at its deadline, since libgit2's calls can't be
/// cancelled. libgit2 reads the result. The branch in the mirror moves only after a complete, checked
/// (`transfer.fsckObjects`) and connected fetch. After an error it stays where it was.
///
/// Only one mirror may use a folder at a time: hold the state folder's lock.
public actor Mirror {
    /// The repository for ``Repository/open(path:)``. It exists after the first fetch that succeeded or found the
    /// branch absent. An open repository sees later fetches, also during ``maintain()``. After ``rebuild()`` open it
    /// again.
    public nonisolated let path: String

    let address: RemoteAddress
    let branch: String
    let settings: MirrorSettings
    nonisolated let folder: MirrorFolder
    private var turns = Turns()
    private var isPrepared = false
    /// Whether a rebuild is replacing the repository, so that it must not be repacked.
    var isRebuilding = false
    /// Whether no git process was killed since the last removal of leftovers.
    var isClean = false
    var maintenance: Task<Result<Maintenance, MirrorError>, Never>?
    /// How often packs were joined since the last full repack.
    var joins = 0

    /// Creates a mirror without any I/O.
    ///
    /// - Parameters:
    ///   - address: the remote.
    ///   - branch: the short name of the branch, for example `main`. Nothing else is fetched.
    ///   - settings: keys, files and limits.
    ///   - folder: the mirror's folder, created if absent. A mirror of another address or branch in it is replaced.
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

    /// Fetches the branch. Without changes, that costs one advertisement of one reference.
    ///
    /// A second call waits for the first one and then fetches again, so that it misses no push.
    ///
    /// - Throws: ``MirrorError``. The mirror stays as it was and can be read.
    public func fetch() async throws(MirrorError) -> Fetched {
        try await inTurn { mirror throws(MirrorError) in
            try await mirror.prepare()
            return try await mirror.fetchBranch(into: mirror.folder.repository)
        }
    }

    /// Fetches everything into a new repository that replaces the old one. For a damaged mirror, when reading throws
    /// ``GitError/objectCorrupt(_:path:message:)`` or ``GitError/objectMissing(_:path:)``.
    ///
    /// - Throws: ``MirrorError``. The old repository stays.
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
            let fetched = try await mirror.fetchBranch(into: mirror.folder.replacement)
            try mirror.folder.putReplacementInPlace()
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
            await withCheckedContinuation { turns.enqueue($0) }
        }
        defer { turns.passOn() }
        return try await body(self)
    }

    /// Ensures that there is a repository of this address and branch, without leftovers of killed processes.
    private func prepare() async throws(MirrorError) {
        if !isPrepared {
            try folder.prepare()
            try folder.removeReplacement()
            isPrepared = true
        }
        if folder.origin(of: folder.repository) != origin {
            try await makeRepository()
            try folder.putReplacementInPlace()
        }
        if !isClean {
            let leftOvers = LeftOvers(repository: folder.repository)
            leftOvers.removeLocks()
            // The files of a running maintenance have the same names.
            if maintenance == nil {
                leftOvers.removeTemporaryFiles()
                isClean = true
            }
        }
    }

    /// Identifies what the repository is a mirror of.
    var origin: String { "\(address.url)\n\(branch)\n" }
}

/// The settings of a mirror: keys, files and limits.
public struct MirrorSettings: Sendable, Equatable {
    /// The time after which a fetch is stopped and its processes are killed. Default: 60 s. The first fetch of a large
    /// repository may need more.
    public var fetchTimeout: Duration = .seconds(60)

    /// The file of ssh's private key, of any type. Nil: the agent's keys and ssh's default files.
    public var sshKey: String?
    /// The only file of known host keys. Nil: ssh's default files. Unknown hosts are refused.
    public var knownHosts: String?

    /// The file whose first line is the token or password for https. It is read for each fetch.
    public var tokenFile: String?
    /// The file whose first line is the user's name for https. Nil: the name in the address, or one that forges accept
    /// with a token.
    public var userFile: String?
    /// A file of certificates (PEM) for checking https servers, instead of the system's.
    public var caFile: String?
    /// The proxy for https, for example `http://proxy.example.org:3128`. Nil: `https_proxy` and `no_proxy` of the
    /// environment.
    public var proxy: String?

    /// The number of packs above which ``Mirror/maintain()`` joins them. Default: 50.
    public var packLimit = 50
    /// How long unreachable commits are kept. Default: 14 days, as in git.
    public var pruneGrace: Duration = .seconds(14 * 86_400)
    /// How often ``Mirror/maintain()`` repacks everything and removes old unreachable objects. Default: one day.
    public var repackInterval: Duration = .seconds(86_400)
    /// The time after which ``Mirror/maintain()`` is stopped. Default: one hour.
    public var maintenanceTimeout: Duration = .seconds(3600)

    /// The defaults.
    public init() {}

    var withAbsolutePaths: MirrorSettings {
        var settings = self
        for path in [\MirrorSettings.sshKey, \.knownHosts, \.tokenFile, \.userFile, \.caFile] {
            settings[keyPath: path] = settings[keyPath: path]?.absolutePath
        }
        return settings
    }
}

/// The result of a fetch.
public enum Fetched: Sendable, Equatable {
    /// The branch did not move.
    case unchanged(ObjectID)
    /// The branch is new, or was fast-forwarded or rewritten.
    case moved(from: ObjectID?, to: ObjectID)
    /// The remote answered and does not have the branch. The mirror then has none either. Its commits are kept at least
    /// for ``MirrorSettings/pruneGrace`` and until the branch exists again.
    case branchAbsent(was: ObjectID?)

    /// The newest commit; nil if the branch is absent.
    public var head: ObjectID? {
        switch self {
        case .unchanged(let head), .moved(_, let head): head
        case .branchAbsent: nil
        }
    }
}

/// Serializes the calls of the actor that owns it, in the order in which they came.
struct Turns {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Takes the turn if it is free. Returns whether it was.
    mutating func takeIfFree() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }

    /// Adds a waiting call, which ``passOn()`` resumes.
    mutating func enqueue(_ continuation: CheckedContinuation<Void, Never>) {
        waiting.append(continuation)
    }

    /// Resumes the next waiting call, or frees the turn.
    mutating func passOn() {
        guard waiting.isEmpty else {
            waiting.removeFirst().resume()
            return
        }
        isTaken = false
    }
}
