import Foundation
import KubernetesClient

/// A statement about an object, as Kubernetes and the operator make it.
struct Condition: Decodable, Sendable, Equatable {
    var type: String
    var status: String
    var reason: String?
    var message: String?
    var lastTransitionTime: String?

    var holds: Bool { status == "True" }

    var date: Date? { lastTransitionTime.flatMap(APITime.date) }
}

extension [Condition]? {
    /// The condition of a type, where it holds.
    func holding(_ type: String) -> Condition? {
        self?.first { $0.type == type && $0.holds }
    }

    /// Whether a TFJob is over.
    var isFinished: Bool { holding("Succeeded") != nil || holding("Failed") != nil }
}
