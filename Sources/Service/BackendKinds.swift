import BackendConfiguration
import KubernetesBackend
import LocalBackend

extension BackendKind {
    /// The kinds of backends that this program has; the first one is the default. A new backend is one more element.
    static let all: [BackendKind] = [.local, .kubernetes]
}
