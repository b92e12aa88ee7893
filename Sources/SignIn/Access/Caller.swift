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
