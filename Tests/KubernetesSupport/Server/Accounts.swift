import NIOSSL
import Synchronization

/// Who may come in, and what they may do.
///
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/authentication/>,
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>.
package final class Accounts: Sendable {
    /// One rule of a role: what may be done with which resources.
    package struct Rule: Sendable {
        let groups: Set<String>
        package let resources: Set<String>
        package let verbs: Set<String>
        /// Empty: in all.
        let namespaces: Set<String>

        /// - Parameters:
        ///   - groups: API groups, "" for core, `*` for all.
        ///   - resources: plural names, `pods/log` for a path below.
        ///   - verbs: get, list, watch, create, update, patch, delete, deletecollection.
        ///   - namespaces: empty for a cluster role that is bound in the whole cluster.
        package init(groups: Set<String>, resources: Set<String>, verbs: Set<String>, namespaces: Set<String> = []) {
            self.groups = groups
            self.resources = resources
            self.verbs = verbs
            self.namespaces = namespaces
        }

        func allows(_ target: RequestTarget, verb: String) -> Bool {
            let resource = target.resource.plural + (target.subresource.isEmpty ? "" : "/\(target.subresource)")
            return (groups.contains("*") || groups.contains(target.resource.group))
                && (resources.contains("*") || resources.contains(resource))
                && (verbs.contains("*") || verbs.contains(verb))
                && (namespaces.isEmpty || namespaces.contains(target.namespace ?? ""))
        }
    }

    private struct Values {
        var tokens: [String: String] = [:]
        var certificates: [[UInt8]: String] = [:]
        /// The rights that were asked for, `list pods`.
        var used: Set<String> = []
        /// No entry: all is allowed.
        var rules: [String: [Rule]] = [:]
    }

    private let values = Mutex(Values())

    /// Lets a bearer token in.
    package func accept(token: String, as user: String) { values.withLock { $0.tokens[token] = user } }

    /// A token that has run out.
    package func revoke(token: String) { values.withLock { $0.tokens[token] = nil } }

    /// Lets a client certificate in, DER.
    func accept(certificate: [UInt8], as user: String) { values.withLock { $0.certificates[certificate] = user } }

    /// What a user may do, instead of all.
    package func limit(_ user: String, to rules: [Rule]) { values.withLock { $0.rules[user] = rules } }

    /// Who asks.
    ///
    /// A request without credentials is `system:anonymous`, which may do next to nothing; bad ones are 401.
    func user(authorization: String?, certificate: [UInt8]?) throws(APIError) -> String {
        let (tokens, certificates) = values.withLock { ($0.tokens, $0.certificates) }
        if let certificate {
            guard let user = certificates[certificate] else { throw .unauthorized() }
            return user
        }
        guard let authorization else { return "system:anonymous" }
        guard authorization.lowercased().hasPrefix("bearer "),
            let user = tokens[String(authorization.dropFirst(7)).trimmingPrefix(" ").description]
        else { throw .unauthorized() }
        return user
    }

    /// The rights that were asked for so far, `list pods`.
    package var used: Set<String> { values.withLock(\.used) }

    /// Whether a user may do something: 403 where not.
    func authorize(_ user: String, _ verb: String, _ target: RequestTarget) throws(APIError) {
        let subresource = target.subresource.isEmpty ? "" : "/\(target.subresource)"
        let rules = values.withLock { values in
            values.used.insert("\(verb) \(target.resource.plural)\(subresource)")
            return values.rules[user]
        }
        let isAllowed = user != "system:anonymous" && rules?.contains { $0.allows(target, verb: verb) } ?? true
        guard !isAllowed else { return }
        let resource = target.resource.plural + (target.subresource.isEmpty ? "" : "/\(target.subresource)")
        let place = target.namespace.map { " in the namespace \"\($0)\"" } ?? " at the cluster scope"
        throw .forbidden(
            target.resource,
            target.name ?? "",
            "User \"\(user)\" cannot \(verb) resource \"\(resource)\" in API group \"\(target.resource.group)\"\(place)"
        )
    }
}
