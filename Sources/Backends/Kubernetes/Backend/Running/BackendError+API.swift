import Jobs
import KubernetesClient

extension BackendError {
    /// Distinguishes faults of the cluster from refusals of one object.
    ///
    /// A refusal concerns one job: its cluster answers, and other jobs may go on. A fault concerns all jobs of the cluster.
    ///
    /// - Parameters:
    ///   - error: the client's error.
    ///   - object: the object of the request.
    init(_ error: APIError, _ object: ObjectReference) {
        guard case .status(let status) = error else {
            self = .unavailable("\(error)")
            return
        }
        switch status.refusal {
        case .missingNamespace:
            self = .refused(
                "the namespace \"\(object.namespace ?? "")\" does not exist; create it, or write createNamespaces: true at the cluster"
            )
        case .missingKind:
            let advice =
                object.kind == .tfJobs
                ? "install Kubeflow's training operator, or write flavor: job at the cluster" : "\(status)"
            self = .unavailable("the cluster has no \(object.kind.name) (\(object.kind.apiVersion)); \(advice)")
        case .rejectedObject:
            self = .refused(
                "the cluster rejects \(object): \(status); change the job, or ask the cluster's administrator"
            )
        case .missingRights, .quota, .endingNamespace, .existingObject, .failingWebhook:
            self = .refused("\(object): \(error)")
        case .unknownIdentity, .temporary: self = .unavailable("\(object): \(error)")
        }
    }
}

extension APIError {
    /// Whether the server refuses a request for this reason.
    func isRefusal(_ refusal: Refusal) -> Bool {
        if case .status(let status) = self { status.refusal == refusal } else { false }
    }
}
