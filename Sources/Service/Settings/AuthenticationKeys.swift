import BackendConfiguration
import Jobs
import Platform
import SignIn
import Yams

/// The key `auth` of the configuration.
enum AuthenticationKeys {
    /// Reads the key. Any error is a fault, because a service that starts without authentication would be open to all.
    static func readAuthentication(_ node: Node, with reader: inout SettingsReader) -> Authentication? {
        let keys = reader.mapping(node, at: "auth", known: ["oidc", "trustedProxies", "groupsHeader", "access"])
        var authentication = Authentication()
        authentication.provider = keys["oidc"].flatMap { readProvider($0, with: &reader) }
        if let node = keys["trustedProxies"] {
            readProxies(node, into: &authentication, with: &reader)
        }
        if let node = keys["groupsHeader"], let name = reader.string(node, at: "auth.groupsHeader") {
            if !Authentication.isHeaderName(name) {
                reader.fault(node, "auth.groupsHeader: \"\(name)\" is no name of a header; write X-Groups")
            } else if keys["trustedProxies"] == nil {
                reader.warn(node, "auth.groupsHeader has no effect without auth.trustedProxies")
            }
            authentication.groupsHeader = name
        }
        authentication.access = keys["access"].map { readRules($0, of: authentication, with: &reader) } ?? []
        if let node = keys["trustedProxies"], keys["groupsHeader"] == nil,
            authentication.access.contains(where: { !$0.groups.isEmpty })
        {
            reader.warn(
                node,
                "auth.trustedProxies: what a proxy sends as X-Groups counts for the rules with groups; see that it sets that header, or "
                    + "removes what its clients send, and write groupsHeader: X-Groups to say so"
            )
        }
        if keys["oidc"] == nil, keys["trustedProxies"] == nil {
            reader.fault(
                node,
                "auth: nobody could sign in; write oidc: {issuer: …, audience: …}, or trustedProxies: […]"
            )
        }
        return authentication
    }

    private static func readProvider(_ node: Node, with reader: inout SettingsReader) -> IdentityProvider? {
        let names: Set = ["issuer", "audience", "userClaim", "groupsClaim", "caFile"]
        let keys = reader.mapping(node, at: "auth.oidc", known: names)
        var values: [String: String] = [:]
        for (key, node) in keys {
            values[key] = reader.string(node, at: "auth.oidc.\(key)")
            if values[key]?.isEmpty == true {
                reader.fault(node, "auth.oidc.\(key) is empty")
            }
        }
        for key in ["issuer", "audience"] where keys[key] == nil {
            reader.fault(node, "auth.oidc: \(key) is missing")
        }
        guard let text = values["issuer"], let audience = values["audience"] else { return nil }
        do throws(Issuer.Invalid) {
            var provider = IdentityProvider(issuer: try Issuer(text), audience: audience)
            provider.userClaim = values["userClaim"] ?? provider.userClaim
            provider.groupsClaim = values["groupsClaim"] ?? provider.groupsClaim
            provider.certificateFile = values["caFile"]
            return provider
        } catch {
            reader.fault(keys["issuer"] ?? node, "auth.oidc.issuer: \(error)")
            return nil
        }
    }

    private static func readProxies(
        _ node: Node,
        into authentication: inout Authentication,
        with reader: inout SettingsReader
    ) {
        for node in reader.elements(node, at: "auth.trustedProxies") {
            guard let text = reader.string(node, at: "auth.trustedProxies") else { continue }
            if text == "unix" {
                authentication.trustsSocket = true
            } else if let range = AddressRange(text) {
                authentication.trustedProxies.append(range)
            } else {
                reader.fault(
                    node,
                    "auth.trustedProxies: \"\(text)\" is no range of addresses; write 10.0.0.0/8 or 10.1.2.3, or unix for a proxy at the service's Unix socket"
                )
            }
        }
    }

    private static func readRules(
        _ node: Node,
        of authentication: Authentication,
        with reader: inout SettingsReader
    ) -> [AccessRule] {
        let place = "auth.access"
        return reader.elements(node, at: place).map { node in
            let keys = reader.mapping(node, at: place, known: ["groups", "users", "clusters", "partitions"])
            var rule = AccessRule()
            for (key, path) in [
                ("groups", \AccessRule.groups), ("users", \.users), ("clusters", \.clusters),
                ("partitions", \.partitions),
            ] {
                if let node = keys[key] {
                    let texts = reader.strings(node, at: "\(place).\(key)")
                    rule[keyPath: path] = texts.map { Pattern($0) }
                    for text in texts {
                        guard let reason = reason(against: text, as: key, authentication) else { continue }
                        reader.warn(node, "\(place).\(key): \"\(text)\" can never match: \(reason)")
                    }
                }
            }
            if keys["groups"] == nil, keys["users"] == nil {
                reader.fault(
                    node,
                    "\(place): a rule is for somebody; write groups: [name] or users: [name], or \"*\" for all"
                )
            }
            return rule
        }
    }

    /// Why no caller, cluster or partition can match a pattern; nil if one may.
    private static func reason(against pattern: String, as key: String, _ authentication: Authentication) -> String? {
        switch key {
        case "clusters", "partitions":
            // Whatever the stars stand for, they can stand for nothing worse than this.
            return JobPath.labelFault(pattern.replacing("*", with: "a")).map { "such a name \($0)" }
        case "users":
            let isMail =
                authentication.provider?.userClaim == "email" && authentication.trustedProxies.isEmpty
                && !authentication.trustsSocket
            guard isMail, !pattern.contains("@"), !pattern.contains("*") else { return nil }
            return "auth.oidc.userClaim is email, so users are addresses"
        default: return pattern.isEmpty ? "it is empty" : nil
        }
    }

    /// Warns of rules for clusters that the configuration does not have.
    static func warnOfUnknownClusters(_ node: Node, _ known: Set<String>, with reader: inout SettingsReader) {
        guard !known.isEmpty, let rules = node.mapping?["access"]?.sequence else { return }
        for rule in rules {
            for pattern in rule.mapping?["clusters"]?.sequence ?? [] {
                guard let text = pattern.scalar?.string, !known.contains(where: Pattern(text).matches) else { continue }
                reader.warn(
                    pattern,
                    "auth.access.clusters: \"\(text)\" can never match: no cluster of the configuration has such a name; there are "
                        + known.sorted().joined(separator: ", ")
                )
            }
        }
    }
}
