public import Jobs
import Journal

/// Maps clusters to the backends that carry out their jobs.
public struct Clusters: Sendable {
    /// A configured cluster.
    public struct Member: Sendable {
        /// The kind of its backend, for example `local` or `kubernetes`.
        public let kind: String
        /// An index into ``Clusters/backends``: one backend may serve several clusters.
        public let backend: Int

        /// A cluster that one of the backends serves.
        public init(kind: String, backend: Int) {
            self.kind = kind
            self.backend = backend
        }
    }

    /// The backends, each once.
    public let backends: [any Backend]
    /// The configured clusters, by id.
    public let members: [String: Member]
    /// Serves every other cluster id; nil if their jobs are held.
    public let fallback: Member?

    /// Without members and fallback, every job is held.
    public init(backends: [any Backend], members: [String: Member] = [:], fallback: Member? = nil) {
        self.backends = backends
        self.members = members
        self.fallback = fallback
    }

    /// The index of the backend that serves a cluster; nil if the cluster is not configured.
    func index(of cluster: String) -> Int? {
        (members[cluster] ?? fallback)?.backend
    }

    /// The clusters that a backend serves, for logs.
    func names(of index: Int) -> String {
        let names = members.filter { $0.value.backend == index }.keys.sorted()
        return names.isEmpty ? "all" : names.joined(separator: ", ")
    }

    /// Why the jobs of a cluster are held that is not configured.
    static func notConfigured(_ cluster: String) -> String {
        "the cluster \"\(cluster)\" is not configured; add it under clusters, or move the file"
    }
}

/// What is known of one backend.
struct BackendHealth: Sendable {
    /// Whether its runs were compared with the journal's since it was last unreachable. Before that, nothing begins on it.
    var isCompared = false
    /// Why it could not list its runs; nil if it could.
    var outage: String?
    /// Why the last action of a job was postponed, for each job that is still postponed.
    var postponed: [JobKey: String] = [:]

    /// The fault of the last call that failed and has not succeeded since; nil without one.
    var fault: String? {
        outage ?? postponed.min { $0.key < $1.key }?.value
    }
}

/// The trackers of all backends.
struct RunTrackers: Sendable {
    /// One for each backend, in the order of ``Clusters/backends``.
    let all: [RunTracker]
    private let clusters: Clusters

    init(
        _ clusters: Clusters,
        comparison interval: Duration,
        refusalDelay: Duration,
        _ shared: RunTracker.Surroundings
    ) {
        self.clusters = clusters
        all = clusters.backends.indices.map {
            RunTracker(clusters, index: $0, interval: interval, refusalDelay: refusalDelay, shared)
        }
    }

    /// The tracker of the backend that serves a cluster; nil if the cluster is not configured.
    func tracker(of cluster: String) -> RunTracker? {
        clusters.index(of: cluster).map { all[$0] }
    }

    /// How each cluster fares.
    ///
    /// - Parameter named: the clusters that job files name; used if every cluster id is served.
    func states(named: [String]) async -> [ServiceStatus.Cluster] {
        var faults: [String?] = []
        for tracker in all {
            faults.append(await tracker.health.fault)
        }
        let members: [(id: String, member: Clusters.Member)]
        if let fallback = clusters.fallback {
            members = named.map { ($0, clusters.members[$0] ?? fallback) }
        } else {
            members = clusters.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        return members.map { id, member in
            let fault = faults[member.backend]
            let protections = clusters.backends[member.backend].protections(of: id)
            return ServiceStatus.Cluster(
                id: id,
                backend: member.kind,
                reachable: fault == nil,
                error: fault,
                protections: protections?.map(\.rawValue)
            )
        }
    }
}
