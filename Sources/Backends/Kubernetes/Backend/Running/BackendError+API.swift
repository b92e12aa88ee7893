import Jobs
import KubernetesClient

extension BackendError {
    /// Distinguishes faults that may heal by themselves from faults that need a change.
    ///
    /// - Parameters:
    ///   - error: the client's error.
    ///   - object: the object of the request.
    init(_ error: APIError, _ object: ObjectReference) {
        guard case .status(let status) = error else {
            self = .unavailable("\(error)")
            return
        }
        switch status.code {
        case 404 where status.isMissingNamespace:
            self = .unavailable(
                "the namespace \"\(object.namespace ?? "")\" does not exist; create it, or write createNamespaces: true at the cluster"
            )
        case 404:
            let advice =
                object.kind == .tfJobs
                ? "install Kubeflow's training operator, or write flavor: job at the cluster" : "\(status)"
            self = .unavailable("the cluster has no \(object.kind.name) (\(object.kind.apiVersion)); \(advice)")
        case 409 where !status.conflicts.isEmpty:
            let managers = Set(status.conflicts.map(\.manager)).sorted().joined(separator: ", ")
            let fields = status.conflicts.map(\.field).joined(separator: ", ")
            self = .refused(
                "\(object) is held by \(managers) (\(fields)), and is not taken from them; remove their fields, or write adopt: true at the cluster"
            )
        case 400, 405, 406, 413, 415, 422: self = .refused("the cluster does not accept \(object): \(status)")
        default: self = .unavailable("\(object): \(error)")
        }
    }
}

extension APIStatus {
    /// Whether the namespace is missing: `namespaces "team-a" not found`.
    var isMissingNamespace: Bool { code == 404 && (message ?? "").hasPrefix("namespaces ") }
}
