/// Why the API server refuses a request.
package enum Refusal: Sendable, Equatable {
    /// The credentials are missing, expired or unknown.
    case unknownIdentity
    /// The account lacks a right.
    case missingRights
    /// A ResourceQuota is used up, or requires something that the object lacks.
    case quota
    /// The namespace does not exist.
    case missingNamespace
    /// The namespace is being deleted.
    case endingNamespace
    /// The cluster does not have the kind of object.
    case missingKind
    /// An object of the same name exists.
    case existingObject
    /// A webhook that judges the object doesn't answer.
    case failingWebhook
    /// A policy, a limit or the schema rejects the object itself.
    case rejectedObject
    /// The server can't answer now. A retry may help.
    case temporary
}

extension APIStatus {
    /// Why the server refuses, by the status code, the reason, the causes and, where those are not enough, the message.
    ///
    /// One code has many meanings. For example, 403 stands for missing rights, a quota, a policy and a namespace that is being
    /// deleted. Sources: `forbiddenMessage`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/endpoints/handlers/responsewriters/errors.go>, `checkRequest`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/resourcequota/controller.go>, `Admit`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/namespace/lifecycle/admission.go>, `ToStatusErr`,
    /// <https://github.com/kubernetes/apiserver/blob/v0.32.0/pkg/admission/plugin/webhook/errors/statuserror.go>.
    package var refusal: Refusal {
        let text = message ?? ""
        switch code {
        // A policy may answer 401 too, with a message of its own.
        case 401: return text.isEmpty || text == "Unauthorized" ? .unknownIdentity : .rejectedObject
        case 403:
            if hasCause("NamespaceTerminating") || text.contains("because it is being terminated") {
                return .endingNamespace
            }
            if text.contains("exceeded quota: ") || text.contains("failed quota: ") { return .quota }
            let lacksRight =
                text.contains("User \"") && text.contains("\" cannot ")
                || text.contains("cannot set blockOwnerDeletion")
            return lacksRight || text.isEmpty ? .missingRights : .rejectedObject
        case 404:
            if text.hasPrefix("namespaces ") { return .missingNamespace }
            let names = text.isEmpty || text.contains("could not find the requested resource")
            return names ? .missingKind : .temporary
        case 409: return reason == "AlreadyExists" ? .existingObject : .temporary
        case 429: return .temporary
        case 500...: return text.contains("failed calling webhook") ? .failingWebhook : .temporary
        default: return .rejectedObject
        }
    }

    /// Whether to send the request again. Two requests may want to count against one quota at a time: 409 for the quota.
    ///
    /// Source, for 429 and 5xx: <https://kubernetes.io/docs/reference/using-api/api-concepts/> and `IsRetryable` of
    /// <https://github.com/kubernetes/client-go/blob/v0.32.0/rest/with_retry.go>.
    var isTransient: Bool {
        switch code {
        case 409: details?.kind == "resourcequotas"
        case 429, 500...599: true
        default: false
        }
    }

    /// The server's message and what to do about it.
    var explanation: String {
        switch refusal {
        case .unknownIdentity:
            "the API server does not know who we are (401); renew the credentials in the kubeconfig"
        case .missingRights:
            "the API server does not let us: \(self); give the service's account the rights of examples/kubernetes"
        case .quota: "a quota is used up: \(self); raise the quota, or stop or shrink other jobs"
        case .endingNamespace: "the namespace is being deleted: \(self); wait until it is gone and create it again"
        case .failingWebhook: "a webhook of the cluster does not answer: \(self); repair or remove the webhook"
        case .missingNamespace, .missingKind, .existingObject, .rejectedObject, .temporary: "\(self)"
        }
    }

    private func hasCause(_ reason: String) -> Bool {
        details?.causes?.contains { $0.reason == reason } == true
    }
}
