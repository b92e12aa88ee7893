public import Foundation
import Synchronization

/// Why the repository can't be read, in one word for clients of every kind.
public enum RepositoryFault: String, Sendable, Codable, CaseIterable {
    /// The server does not accept the key or the token, or the service's user may not read the folder.
    case unauthorized
    /// The certificate of the https server is not trusted.
    case certificate
    /// The key of the ssh host is unknown, or another one than before.
    case hostKey = "host key"
    /// A fetch took longer than `repository.fetchTimeout`.
    case timeout
    /// The host does not exist, does not answer, or does not answer as a git server does.
    case unreachable
    /// There is no repository, or it has a format that can't be read.
    case notRepository = "not a repository"
    /// The branch that was served is gone, or there are only other branches.
    case branchMissing = "branch missing"
    /// The commit in force is gone: the branch was rewritten, and git has pruned the old commits.
    case rewritten
    /// An object is missing or can't be read.
    case damaged
    /// The repository can be read, and its newest commit is not applied: it is not signed as required, it is too large, or
    /// `clusters/` is gone from it.
    case refused
}

/// The state of the whole service, as of its last pass.
public struct ServiceStatus: Sendable, Codable, Equatable {
    /// One configured cluster.
    public struct Cluster: Sendable, Codable, Equatable {
        /// The `<cid>` of its jobs' paths.
        public let id: String
        /// The kind of its backend, for example `local` or `kubernetes`.
        public let backend: String
        /// Whether the last call to it was answered.
        public var reachable: Bool
        /// The error of the last call; nil while it is reachable.
        public var error: String?
        /// The protections of the machine from its jobs; nil if the cluster itself decides.
        public var protections: [String]?

        /// A cluster; by default it answers.
        public init(
            id: String,
            backend: String,
            reachable: Bool = true,
            error: String? = nil,
            protections: [String]? = nil
        ) {
            self.id = id
            self.backend = backend
            self.reachable = reachable
            self.error = error
            self.protections = protections
        }
    }

    /// The URL of the repository, without credentials.
    public var repositoryURL: String
    /// The branch that is served.
    public var branch: String
    /// The branch's newest commit; nil if the repository is empty or the branch is absent.
    public var head: String?
    /// When the repository was last read or fetched successfully.
    public var lastFetch: Date?
    /// Why the repository can't be read, or its newest commit is not applied; nil without a fault.
    public var repositoryError: String?
    /// ``repositoryError`` in one word; nil without a fault.
    public var repositoryFault: RepositoryFault?
    /// The newest commit that a pass planned.
    public var lastAttempted: String?
    /// The newest commit with nothing left to do.
    public var lastApplied: String?
    /// Why the state folder can't be written; nil while it can.
    public var stateError: String?
    /// The clusters by id: the configured ones, or those that job files name if all are served.
    public var clusters: [Cluster]

    /// The status before the first pass.
    public init(repositoryURL: String, branch: String, clusters: [Cluster] = []) {
        self.repositoryURL = repositoryURL
        self.branch = branch
        self.clusters = clusters
    }

    /// Whether everything that the service depends on answers.
    public var isHealthy: Bool { repositoryError == nil && stateError == nil && clusters.allSatisfy(\.reachable) }
}

/// The state of the service in memory, which can be read also while the journal can't be written.
final class StatusBoard: Sendable {
    private struct State {
        var status: ServiceStatus?
        var fault: String?
        var folderFault: String?
        var damage: String?
    }

    private let state = Mutex(State())
    /// A signal when damage is first found in the file. One consumer.
    let damage: AsyncStream<Void>
    private let damaged: AsyncStream<Void>.Continuation

    init() {
        (damage, damaged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The newest status of this process, with the fault of the journal itself; nil before the first.
    var status: ServiceStatus? {
        state.withLock { state in
            var status = state.status
            status?.stateError = state.damage ?? state.fault ?? state.folderFault
            return status
        }
    }

    /// What is wrong with the file; nil if nothing is known to be.
    var damageText: String? { state.withLock(\.damage) }

    /// Why the last write failed; nil if it did not.
    var fault: String? { state.withLock(\.fault) }

    /// Stores a status.
    ///
    /// - Returns: whether more than the time of the last fetch changed.
    func store(_ status: ServiceStatus) -> Bool {
        state.withLock { state in
            var before = state.status
            before?.lastFetch = status.lastFetch
            state.status = status
            return before != status
        }
    }

    /// Records that the file is damaged. Only another file ends that.
    func recordDamage(_ damage: String) {
        let isFirst = state.withLock { state in
            defer { state.damage = state.damage ?? damage }
            return state.damage == nil
        }
        if isFirst {
            damaged.yield()
        }
    }

    /// Records why a write failed; nil after one that succeeded.
    func recordFault(_ fault: String?) {
        state.withLock { $0.fault = fault }
    }

    /// Records why no file can be created in the state folder; nil if one can.
    ///
    /// - Returns: whether the fault is another one than before.
    func recordFolderFault(_ fault: String?) -> Bool {
        state.withLock { state in
            defer { state.folderFault = fault }
            return state.folderFault != fault
        }
    }
}
