/// What the administrators of a cluster forbid beside its schemas.
///
/// The server asks in this order, and all of it before it looks whether an object of the name exists: limits, Pod Security, policies,
/// webhooks, quotas. Source: <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/>.
package enum Policy: Sendable {
    /// At most so many objects of a resource in a namespace. `resource` is `pods`, or `jobs.batch` for `count/jobs.batch`.
    ///
    /// Source: `checkRequest`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/resourcequota/controller.go>.
    case quota(name: String, namespace: String, resource: String, limit: Int)
    /// No container of a pod may have a higher limit of CPU, in millicores.
    ///
    /// Source: `maxConstraint`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/plugin/pkg/admission/limitranger/admission.go>.
    case limitRange(namespace: String, cpu: Int)
    /// A ValidatingAdmissionPolicy that matches every object of a resource. Its default reason is `Invalid`, and so 422.
    ///
    /// Source: `Dispatch`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/policy/validating/dispatcher.go>.
    case validation(name: String, resource: String, reason: String = "Invalid", message: String)
    /// A webhook that denies every object of a resource.
    ///
    /// Source: `ToStatusErr`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/webhook/errors/statuserror.go>.
    case webhook(name: String, resource: String, message: String)
    /// A webhook for a resource that doesn't answer, with `failurePolicy: Fail`.
    case failingWebhook(name: String, resource: String)

    fileprivate var rank: Int {
        switch self {
        case .limitRange: 0
        case .validation: 2
        case .webhook, .failingWebhook: 3
        case .quota: 4
        }
    }
}

extension ClusterState {
    /// Asks what the administrators say to a new object.
    func checkPolicies(_ object: JSONTree, _ resource: Resource) throws(APIError) {
        let name = object.metadata.name.text ?? ""
        let namespace = object.metadata.namespace.text ?? ""
        let before = policies.filter { $0.rank == 0 }
        for policy in before { try check(policy, object, resource, name, namespace) }
        try checkPodSecurity(object, resource, name, namespace)
        for policy in policies.filter({ $0.rank > 0 }).sorted(by: { $0.rank < $1.rank }) {
            try check(policy, object, resource, name, namespace)
        }
    }

    private func check(
        _ policy: Policy,
        _ object: JSONTree,
        _ resource: Resource,
        _ name: String,
        _ namespace: String
    ) throws(APIError) {
        switch policy {
        case .quota(let quota, let place, let counted, let limit):
            guard place == namespace, counted == resource.qualifiedName else { return }
            let used = store.keys(of: counted, in: place).compactMap { store[$0] }.count { object in
                // A pod that has ended counts no more.
                counted != "pods" || !["Succeeded", "Failed"].contains(object.status.phase.text ?? "")
            }
            guard used >= limit else { return }
            let what = counted == "pods" ? "pods" : "count/\(counted)"
            throw .forbidden(
                resource,
                name,
                "exceeded quota: \(quota), requested: \(what)=1, used: \(what)=\(used), limited: \(what)=\(limit)"
            )
        case .limitRange(let place, let most):
            guard place == namespace, resource.qualifiedName == "pods" else { return }
            for container in object.spec.containers.elements {
                guard let text = container.resources.limits.cpu.text, let cpu = Self.millicores(text), cpu > most
                else { continue }
                throw .forbidden(
                    resource,
                    name,
                    "maximum cpu usage per Container is \(most)m, but limit is \(text)"
                )
            }
        case .validation(let policy, let place, let reason, let message):
            guard place == resource.qualifiedName else { return }
            let why = "ValidatingAdmissionPolicy '\(policy)' with binding '\(policy)' denied request: \(message)"
            var error = APIError.forbidden(resource, name, why).answered(as: reason)
            error.details?.causes = [["message": .string(message)]]
            throw error
        case .webhook(let webhook, let place, let message):
            guard place == resource.qualifiedName else { return }
            throw APIError(403, "Forbidden", "admission webhook \"\(webhook)\" denied the request: \(message)")
        case .failingWebhook(let webhook, let place):
            guard place == resource.qualifiedName else { return }
            let why = "Post \"https://\(webhook).svc:443/validate?timeout=10s\": context deadline exceeded"
            throw APIError(
                500,
                "InternalError",
                "Internal error occurred: failed calling webhook \"\(webhook)\": failed to call webhook: \(why)"
            )
        }
    }

    private static func millicores(_ text: String) -> Int? {
        text.hasSuffix("m") ? Int(text.dropLast()) : Int(text).map { $0 * 1000 }
    }

    /// Holds pods to the profile that their namespace enforces by its label; only `restricted` is known here. Other kinds with pod templates
    /// are warned of and let in.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted> and `EvaluatePod`,
    /// <https://github.com/kubernetes/pod-security-admission/blob/v0.32.0/policy/registry.go>.
    private func checkPodSecurity(
        _ object: JSONTree,
        _ resource: Resource,
        _ name: String,
        _ namespace: String
    ) throws(APIError) {
        let place = ObjectKey(resource: "namespaces", namespace: "", name: namespace)
        guard resource.qualifiedName == "pods",
            store[place]?.metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted"
        else { return }
        let violations = PodSecurity.violations(of: object.spec)
        guard violations.isEmpty else {
            throw .forbidden(
                resource,
                name,
                "violates PodSecurity \"restricted:latest\": \(violations.joined(separator: ", "))"
            )
        }
    }
}

/// The checks of the profile `restricted`.
package enum PodSecurity {
    /// Returns what a pod's spec breaks, in the words of the server.
    package static func violations(of spec: JSONTree) -> [String] {
        let pod = spec.securityContext
        let containers = spec.initContainers.elements + spec.containers.elements
        func offenders(_ isAllowed: (JSONTree) -> Bool) -> String? {
            let names = containers.filter { !isAllowed($0.securityContext) }.compactMap(\.name.text)
            return names.isEmpty ? nil : names.map { "\"\($0)\"" }.joined(separator: ", ")
        }
        var faults: [String] = []
        if let names = offenders({ $0.allowPrivilegeEscalation == false }) {
            faults.append(
                "allowPrivilegeEscalation != false (container \(names) must set securityContext.allowPrivilegeEscalation=false)"
            )
        }
        if let names = offenders({ $0.capabilities.drop.elements.contains("ALL") }) {
            faults.append(
                "unrestricted capabilities (container \(names) must set securityContext.capabilities.drop=[\"ALL\"])"
            )
        }
        if let volume = spec.volumes.elements.first(where: { !$0.hostPath.isNull }) {
            faults.append(
                "restricted volume types (volume \"\(volume.name.text ?? "")\" uses restricted volume type \"hostPath\")"
            )
        }
        if let names = offenders({ ($0["runAsNonRoot"] ?? pod.runAsNonRoot) == true }) {
            faults.append(
                "runAsNonRoot != true (pod or container \(names) must set securityContext.runAsNonRoot=true)"
            )
        }
        if pod.runAsUser == 0 || containers.contains(where: { $0.securityContext.runAsUser == 0 }) {
            faults.append("runAsUser=0 (pod must not set runAsUser=0)")
        }
        let profiles: [JSONTree] = ["RuntimeDefault", "Localhost"]
        if let names = offenders({ profiles.contains($0.seccompProfile["type"] ?? pod.seccompProfile.type) }) {
            faults.append(
                "seccompProfile (pod or container \(names) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
            )
        }
        return faults
    }
}

extension APIError {
    /// The error with the reason that a policy gives it, and the code that belongs to it.
    fileprivate func answered(as reason: String) -> APIError {
        let codes = ["Invalid": 422, "Unauthorized": 401, "RequestEntityTooLarge": 413]
        return APIError(codes[reason] ?? 403, reason, message, details: details)
    }
}
