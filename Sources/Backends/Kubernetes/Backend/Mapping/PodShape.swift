/// What the pods of both flavors have in common.
enum PodShape {
    /// The operator looks for a container of this name.
    static let container = "tensorflow"
    static let codeVolume = "tfjob-admin-code"
    static let secretVolume = "tfjob-admin-secret"
    /// Where a job's code, or its empty working folder, is.
    static let codeFolder = "/tfjob-admin/code"
    static let secretFolder = "/tfjob-admin/secret"
    static let indexVariable = "TFJOB_REPLICA_INDEX"

    /// Where a pod finds which replica of its group it is.
    enum IndexSource {
        /// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/apis/kubeflow.org/v1/common_types.go>
        case operatorLabel
        /// <https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetes-io-job-completion-index>
        case completionIndex

        var name: String {
            switch self {
            case .operatorLabel: "training.kubeflow.org/replica-index"
            case .completionIndex: "batch.kubernetes.io/job-completion-index"
            }
        }

        var fieldPath: String {
            switch self {
            case .operatorLabel: "metadata.labels['\(name)']"
            case .completionIndex: "metadata.annotations['\(name)']"
            }
        }
    }

    /// The labels and annotations that say it.
    static let indexNames = [IndexSource.operatorLabel.name, IndexSource.completionIndex.name]

    /// A text in which Kubernetes expands nothing.
    ///
    /// Source: <https://github.com/kubernetes/kubernetes/blob/fde22c3f9aacfd260225a9741de123a41157b7c0/third_party/forked/golang/expansion/expand.go>,
    /// `Expand`: `$$` is `$`.
    static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }
}
