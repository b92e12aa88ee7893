/// Lets some callers read some partitions. A caller may read what any rule lets them; no rule takes anything away.
public struct AccessRule: Sendable, Equatable {
    /// Callers in one of these groups. Default: none.
    public var groups: [Pattern]
    /// Callers of one of these names. Default: none.
    public var users: [Pattern]
    /// The clusters, by id. Default: all.
    public var clusters: [Pattern]
    /// The partitions of each of the clusters. Default: all.
    public var partitions: [Pattern]

    /// Lets nobody in unless groups or users are given.
    public init(
        groups: [Pattern] = [],
        users: [Pattern] = [],
        clusters: [Pattern] = ["*"],
        partitions: [Pattern] = ["*"]
    ) {
        self.groups = groups
        self.users = users
        self.clusters = clusters
        self.partitions = partitions
    }

    func applies(to caller: Caller) -> Bool {
        users.contains { $0.matches(caller.user) }
            || caller.groups.contains { group in groups.contains { $0.matches(group) } }
    }
}
