import Foundation
import Jobs
import KubernetesClient

extension PodObject {
    /// What a replica does, by its pod.
    var state: ReplicaStatus.State {
        switch status.phase {
        case "Running": .running
        case "Succeeded": .succeeded
        case "Failed": .failed
        case "Unknown": .unknown
        default: .pending
        }
    }

    /// When the training container began.
    var startTime: Date? {
        let state = training?.state
        return (state?.running?.startedAt ?? state?.terminated?.startedAt).flatMap(APITime.date)
    }

    /// The code that it ended with by itself.
    var exitCode: Int? {
        guard let ended = training?.state?.terminated, !isBeingDeleted || state == .succeeded else { return nil }
        return ended.exitCode
    }

    /// When the training container ended.
    var endTime: Date? { training?.state?.terminated?.finishedAt.flatMap(APITime.date) }

    /// Whether the cluster took it away: its node went, or it gave way to others.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions>.
    var isDisrupted: Bool { status.conditions.holding("DisruptionTarget") != nil }

    /// Why it does not run yet, in words; nil where it does, or where there is nothing to say.
    var waitingReason: (reason: String, message: String)? {
        if let fault = status.conditions?.first(where: { $0.type == "PodScheduled" && $0.status == "False" }) {
            let reason = fault.reason ?? "Unschedulable"
            return (reason, fault.message.map { "has no node: \($0)" } ?? "has no node yet")
        }
        for container in status.initContainerStatuses ?? [] {
            if let found = Self.fault(of: container, isInitial: true) { return found }
        }
        return training.flatMap { Self.fault(of: $0, isInitial: false) }
    }

    /// Reasons that only say that a pod is on its way.
    private static let ordinary: Set = ["ContainerCreating", "PodInitializing"]

    private static func fault(of container: Container, isInitial: Bool) -> (reason: String, message: String)? {
        let place = isInitial ? "its code can't be fetched" : "its container can't start"
        if let waiting = container.state?.waiting, let reason = waiting.reason, !ordinary.contains(reason) {
            let last = container.lastState?.terminated.map { "; it exited with code \($0.exitCode)" } ?? ""
            return (reason, "\(place): \(reason)\(waiting.message.map { ": \($0)" } ?? "")\(last)")
        }
        if isInitial, let ended = container.state?.terminated, ended.exitCode != 0 {
            return (
                "InitContainerFailed", "\(place): exit code \(ended.exitCode)\(ended.message.map { ": \($0)" } ?? "")"
            )
        }
        return nil
    }

    /// How it failed, in words.
    var failureText: String { failureReason ?? exitCode.map { "exited with code \($0)" } ?? "failed" }

    /// Why it failed without an exit code of the script: it was evicted, say.
    var failureReason: String? {
        guard state == .failed else { return nil }
        if training?.state?.terminated?.reason == "OOMKilled" { return "was killed for its use of memory (OOMKilled)" }
        guard training?.state?.terminated == nil, let reason = status.reason else { return nil }
        return "failed: \(reason)\(status.message.map { ": \($0)" } ?? "")"
    }
}
