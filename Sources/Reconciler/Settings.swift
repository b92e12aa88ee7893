public import Foundation
import Git
public import GitMirror
public import Jobs

/// How long runs that are over are kept, with their records and logs.
public struct Retention: Sendable, Equatable {
    /// How many runs of a job are kept, the newest. Default: 10.
    public var runs = 10
    /// How long after its end a run is kept at most. The newest run of a job in force is kept for ever. Default: 30 days.
    public var age = Duration.seconds(30 * 86_400)

    /// Keeps the defaults.
    public init() {}
}

extension Reconciler {
    /// Which repository the reconciler follows, and its limits.
    public struct Settings: Sendable {
        /// The default of ``branch``.
        public static let defaultBranch = ServiceDefaults.branch
        /// The default of ``interval``: 15 s.
        public static let defaultInterval = Duration.seconds(15)
        /// The default of ``exportLimit``: 2 GiB.
        public static let defaultExportLimit = 2 << 30

        /// The location of the jobs repository.
        public var address: RepositoryAddress
        /// The branch whose newest commit counts. Default: ``defaultBranch``.
        public var branch: String
        /// How often to check the repository when nothing signals a change: the poll of a local repository, and the fetches of a
        /// remote one. Default: ``defaultInterval``.
        public var interval: Duration
        /// How to fetch a remote repository.
        public var mirror = MirrorSettings()
        /// Looks up when the certificate of a remote repository's server expires. It is called when git does not trust it.
        /// Default: nil.
        public var readCertificateExpiry: (@Sendable () async -> Date?)?
        /// The folder for the mirror of a remote repository.
        public var mirrorFolder: URL
        /// The keys that may sign the branch's newest commit, see ``CommitVerifier``; nil accepts any commit.
        public var allowedSigners: String?
        /// The most bytes of one folder of code. Default: ``defaultExportLimit``.
        public var exportLimit = defaultExportLimit
        /// The folder for the code of runs.
        public var codeFolder: URL
        /// Holds the deletes of a push that removes too many jobs.
        public var pruneGuard: PruneGuard
        /// The most actions that are under way on one cluster. Default: 16.
        public var concurrency: Int
        /// How long runs that are over are kept.
        public var retention = Retention()
        /// How often old runs and unused code are looked for. Default: 1 min.
        package var sweepInterval = Duration.seconds(60)
        /// The most job files that a commit may have.
        package var fileLimits = FileLimits()
        /// How much longer than the grace period a stop may take before other jobs get its slot. Default: 10 s.
        package var stopAllowance = Duration.seconds(10)
        /// How long a refused action rests before the first new try; each further refusal doubles it, up to 5 min. Default: 5 s.
        package var refusalDelay = Duration.seconds(5)
        /// How often to compare a backend's runs with the journal's while the backend answers. Default: 5 min. Very many runs are
        /// compared less often.
        public var comparison = Duration.seconds(300)

        /// Only the address and the folders have no default.
        public init(
            address: RepositoryAddress,
            branch: String = defaultBranch,
            interval: Duration = defaultInterval,
            codeFolder: URL,
            mirrorFolder: URL,
            pruneGuard: PruneGuard = PruneGuard(),
            concurrency: Int = 16
        ) {
            self.address = address
            self.branch = branch
            self.interval = interval
            self.codeFolder = codeFolder
            self.mirrorFolder = mirrorFolder
            self.pruneGuard = pruneGuard
            self.concurrency = concurrency
        }
    }
}

/// The location of the jobs repository.
public enum RepositoryAddress: Sendable, Equatable {
    /// A folder of this machine, read in place.
    case local(path: String)
    /// A repository on the network, read from a mirror in the state folder.
    case remote(RemoteAddress)

    /// Reads a path, a `file://` URL or an address on the network: see ``Git/RemoteAddress/init(_:)``.
    ///
    /// - Throws: ``AddressError`` if the text is none of them.
    public init(_ text: String) throws(AddressError) {
        guard !text.isEmpty else {
            throw AddressError(
                description: "repository.url is empty; write a path, a file:// URL, https://… or git@host:path"
            )
        }
        if text.lowercased().hasPrefix("file://") {
            guard let url = URL(string: text), url.host ?? "" == "" || url.host == "localhost", !url.path.isEmpty else {
                throw AddressError(
                    description: "\"\(text)\" names no folder of this machine; write file:///path/to/repository.git"
                )
            }
            self = .local(path: url.path)
            return
        }
        guard RemoteAddress.hasForm(text) else {
            self = .local(path: URL(fileURLWithPath: text).standardizedFileURL.path)
            return
        }
        self = .remote(try RemoteAddress(text))
    }
}

extension RepositoryAddress: CustomStringConvertible {
    /// The address as a URL or in ssh's form, without credentials.
    public var description: String {
        switch self {
        case .local(let path): "file://\(path)"
        case .remote(let address): address.description
        }
    }
}
