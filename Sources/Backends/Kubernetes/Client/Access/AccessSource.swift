/// Where the access to a cluster is written down. It may change there at any time.
public enum AccessSource: Sendable, Hashable {
    /// A context of a kubeconfig; nil for its `current-context`.
    case kubeconfig(path: String, context: String?)
    /// The service account of the pod that this service runs in, mounted in a folder.
    case serviceAccount(folder: String)

    /// Where Kubernetes mounts it:
    /// <https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api>.
    public static let inCluster = AccessSource.serviceAccount(folder: "/var/run/secrets/kubernetes.io/serviceaccount")
}
