public import Jobs

/// Which backend carries out the jobs of which cluster.
public struct Clusters: Sendable {
    /// A configured cluster.
    public struct Member: Sendable {
        /// `local`, `kubernetes`, …
        public let kind: String
        /// An index of ``Clusters/backends``: one backend may serve several clusters.
        public let backend: Int

        /// A cluster that one of the backends serves.
        public init(kind: String, backend: Int) {
            self.kind = kind
            self.backend = backend
        }
    }

    /// Each backend once.
    public let backends: [any Backend]
    /// By cluster id.
    public let members: [String: Member]
    /// Serves every other cluster id; nil where an unknown one is held.
    public let fallback: Member?

    /// Without members and fallback, every job is held.
    public init(backends: [any Backend], members: [String: Member] = [:], fallback: Member? = nil) {
        self.backends = backends
        self.members = members
        self.fallback = fallback
    }

    /// The backend of a cluster; nil where the configuration has none.
    func backend(of cluster: String) -> (any Backend)? {
        index(of: cluster).map { backends[$0] }
    }

    /// Which of ``backends`` that is.
    func index(of cluster: String) -> Int? {
        (members[cluster] ?? fallback)?.backend
    }
}
