import Jobs

/// The security settings of the pods that we write.
///
/// They meet the profile `restricted`, so that jobs run in namespaces that enforce it:
/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>. The fields of ``KubernetesSettings/pod`` and
/// ``KubernetesSettings/container`` win; null removes a default.
struct PodHardening: Sendable {
    /// The user of a pod whose image may name root.
    static let user = 1000

    let settings: KubernetesSettings

    /// Whether pods run as a user without privileges. A folder of the node belongs to others, and `restricted` forbids it anyway.
    private var changesUser: Bool {
        !settings.volumes.contains { if case .hostPath = $0.source { true } else { false } }
    }

    /// The PodSpec fields that the settings add, with the defaults.
    var podFields: JSONValue {
        var context: [String: JSONValue] = ["seccompProfile": ["type": "RuntimeDefault"]]
        if changesUser {
            context["runAsNonRoot"] = true
            context["runAsUser"] = .integer(Self.user)
            context["runAsGroup"] = .integer(Self.user)
            // Volumes become writable for the group.
            context["fsGroup"] = .integer(Self.user)
        }
        return JSONValue.object(["securityContext": .object(context)]).merging(settings.pod).withoutNulls
    }

    /// The fields that the settings add to every container, with the defaults.
    var containerFields: JSONValue {
        var context: [String: JSONValue] = ["allowPrivilegeEscalation": false]
        if changesUser {
            // Root needs capabilities for the files of others.
            context["capabilities"] = ["drop": ["ALL"]]
        }
        return JSONValue.object(["securityContext": .object(context)]).merging(settings.container).withoutNulls
    }

    /// The user id that the pods have; nil if the image decides.
    var effectiveUser: Int? {
        let user = containerFields["securityContext"]?["runAsUser"] ?? podFields["securityContext"]?["runAsUser"]
        return if case .integer(let id) = user { id } else { nil }
    }
}

extension JSONValue {
    /// The value without members that are null.
    fileprivate var withoutNulls: JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.value != .null }.mapValues(\.withoutNulls))
    }
}
