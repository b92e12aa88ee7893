public import Foundation

/// How the service as a whole fares, as of its last pass.
public struct ServiceStatus: Sendable, Codable, Equatable {
    /// One configured cluster.
    public struct Cluster: Sendable, Codable, Equatable {
        /// The `<cid>` of its jobs' paths.
        public let id: String
        /// `local`, `kubernetes`, …
        public let backend: String
        /// Whether the last call to it was answered.
        public var reachable: Bool
        /// What the last call failed with; nil while it is reachable.
        public var error: String?

        /// A cluster that answers, unless said otherwise.
        public init(id: String, backend: String, reachable: Bool = true, error: String? = nil) {
            self.id = id
            self.backend = backend
            self.reachable = reachable
            self.error = error
        }
    }

    /// Without credentials.
    public var repositoryURL: String
    /// The branch that is served.
    public var branch: String
    /// The branch's newest commit; nil where the repository is empty or the branch is absent.
    public var head: String?
    /// When the repository was last looked at with success.
    public var lastFetch: Date?
    /// Why it can't be read; nil while it can.
    public var repositoryError: String?
    /// The commit that the newest pass planned.
    public var lastAttempted: String?
    /// The newest commit of which nothing is left to do.
    public var lastApplied: String?
    /// Why the state folder can't be written; nil while it can.
    public var stateError: String?
    /// The configured clusters, by id; empty where every cluster is the local backend.
    public var clusters: [Cluster]

    /// Nothing has been looked at yet.
    public init(repositoryURL: String, branch: String, clusters: [Cluster] = []) {
        self.repositoryURL = repositoryURL
        self.branch = branch
        self.clusters = clusters
    }

    /// Whether everything that the service depends on answers.
    public var isHealthy: Bool { repositoryError == nil && stateError == nil && clusters.allSatisfy(\.reachable) }
}
