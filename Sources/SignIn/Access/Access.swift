package import Foundation

/// A signed-in user.
package struct Caller: Sendable, Equatable {
    package let user: String
    package var groups: [String] = []
    /// When the caller's token expires: its `exp` plus ``ClaimRules/skew``. Nil if a proxy named the caller.
    package var end: Date?

    /// Whether a text can be a user's name: at most 512 bytes, and no control characters, which would reach logs and terminals.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 512
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

/// What the caller of one request may read.
package struct Permissions: Sendable {
    /// The rules that apply to the caller; nil: everything may be read.
    private let rules: [AccessRule]?

    /// The permissions of a service without authentication, which only this machine can reach.
    package static let all = Permissions(rules: nil)

    private init(rules: [AccessRule]?) {
        self.rules = rules
    }

    /// Creates the permissions of a caller.
    ///
    /// - Parameters:
    ///   - caller: the caller.
    ///   - rules: all configured rules. Empty: every signed-in caller may read everything.
    package init(of caller: Caller, rules: [AccessRule]) {
        self.rules = rules.isEmpty ? nil : rules.filter { $0.applies(to: caller) }
    }

    package var areUnlimited: Bool { rules == nil }

    /// Whether the caller may read at least one partition of the cluster, by the rules.
    package func include(cluster: String) -> Bool {
        rules?.contains { rule in rule.clusters.contains { $0.matches(cluster) } } ?? true
    }

    package func include(cluster: String, partition: String) -> Bool {
        rules?.contains { rule in
            rule.clusters.contains { $0.matches(cluster) } && rule.partitions.contains { $0.matches(partition) }
        } ?? true
    }
}

/// Lets some callers read some partitions.
///
/// Rules only grant: a caller may read a partition if at least one rule allows it.
public struct AccessRule: Sendable, Equatable {
    /// The groups whose members the rule applies to. Default: none.
    public var groups: [Pattern]
    /// The users the rule applies to, by name. Default: none.
    public var users: [Pattern]
    /// The clusters that these callers may read, by id. Default: all.
    public var clusters: [Pattern]
    /// The partitions that these callers may read in each of the clusters. Default: all.
    public var partitions: [Pattern]

    /// Creates a rule. Without groups and users it applies to nobody.
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

/// A name in which each `*` matches any characters, or none. Every other byte matches itself.
public struct Pattern: Sendable, Equatable, ExpressibleByStringLiteral {
    private let parts: [ArraySlice<UInt8>]

    /// Creates a pattern; every text is a valid one.
    public init(_ text: String) {
        parts = Array(text.utf8).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    }

    /// Creates a pattern; every text is a valid one.
    public init(stringLiteral text: String) { self.init(text) }

    /// Whether the name matches. Names are compared byte by byte, because two names that look the same may be two users.
    ///
    /// The parts between the stars are matched from left to right, each at its first occurrence; backtracking is never needed.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else {
            return name[...] == parts.first ?? []
        }
        guard name.starts(with: first) else { return false }
        var rest = name.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.count >= last.count && rest.suffix(last.count) == last
    }
}
