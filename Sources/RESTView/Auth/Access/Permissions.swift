/// What one request may read.
struct Permissions: Sendable {
    /// The rules that apply; nil: all may be read.
    private let rules: [AccessRule]?

    /// Of a service without authentication, which only this machine reaches.
    static let all = Permissions(rules: nil)

    private init(rules: [AccessRule]?) {
        self.rules = rules
    }

    /// - Parameters:
    ///   - caller: who asks.
    ///   - rules: those of the configuration; none: whoever is signed in reads all.
    init(of caller: Caller, rules: [AccessRule]) {
        self.rules = rules.isEmpty ? nil : rules.filter { $0.applies(to: caller) }
    }

    var areUnlimited: Bool { rules == nil }

    /// Whether anything of the cluster may be read.
    func include(cluster: String) -> Bool {
        rules?.contains { rule in rule.clusters.contains { $0.matches(cluster) } } ?? true
    }

    func include(cluster: String, partition: String) -> Bool {
        rules?.contains { rule in
            rule.clusters.contains { $0.matches(cluster) } && rule.partitions.contains { $0.matches(partition) }
        } ?? true
    }
}
