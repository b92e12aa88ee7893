import Foundation
import Jobs
import KubernetesClient

/// Why a pod doesn't run.
extension PodObject {
    /// Why the pod doesn't run yet; nil if it runs, or if the pod gives no reason.
    var waitingReason: (reason: String, message: String)? {
        guard !state.isOver else { return nil }
        if let fault = status.conditions?.first(where: { $0.type == "PodScheduled" && $0.status == "False" }) {
            let reason = fault.reason ?? "Unschedulable"
            return (reason, fault.message.map { "has no node: \($0)" } ?? "has no node yet")
        }
        for container in status.initContainerStatuses ?? [] {
            if let found = Self.fault(of: container, isInitial: true) { return found }
        }
        return training.flatMap { Self.fault(of: $0, isInitial: false) }
    }

    /// Reasons that every starting pod has.
    private static let ordinary: Set = ["ContainerCreating", "PodInitializing"]

    private static func fault(of container: Container, isInitial: Bool) -> (reason: String, message: String)? {
        let place = isInitial ? "its code can't be fetched" : "its container \(container.verb)"
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

    /// Why and how the pod failed.
    struct Failure: Equatable {
        /// One word for programs.
        let reason: String
        /// The end of a sentence that begins with the replica's name.
        let text: String
    }

    /// How the pod failed. If the script did not end by itself, this says who ended it.
    var failure: Failure {
        let ended = training?.state?.terminated
        let code = ended.map { " (exit code \($0.exitCode))" } ?? ""
        if ended?.reason == "OOMKilled" {
            return Failure(reason: "ReplicaFailed", text: "was killed for its use of memory (OOMKilled)")
        }
        if let disruption = status.conditions.holding("DisruptionTarget") {
            let (reason, text) =
                Self.disruptions[disruption.reason ?? ""] ?? ("Disrupted", "was ended by the cluster")
            // An eviction says in the status what ran short.
            let message = status.message ?? disruption.message
            return Failure(reason: reason, text: "\(text)\(code)\(message.map { ": \($0)" } ?? "")")
        }
        if let reason = status.reason {
            let text = Self.reasons[reason] ?? "failed: \(reason)"
            return Failure(reason: reason, text: "\(text)\(code)\(status.message.map { ": \($0)" } ?? "")")
        }
        if isBeingDeleted { return Failure(reason: "PodDeleted", text: "was deleted\(code)") }
        return Failure(reason: "ReplicaFailed", text: ended.map { "exited with code \($0.exitCode)" } ?? "failed")
    }

    /// Reasons of the condition `DisruptionTarget`:
    /// <https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions>.
    private static let disruptions: [String: (String, String)] = [
        "PreemptionByScheduler": ("Preempted", "was preempted by a pod of higher priority"),
        "DeletionByTaintManager": ("Evicted", "was evicted because its node got a taint"),
        "EvictionByEvictionAPI": ("Evicted", "was evicted through the API"),
        "DeletionByPodGC": ("NodeLost", "was deleted because its node is gone"),
        "TerminationByKubelet": ("Evicted", "was evicted by its node"),
    ]

    /// Reasons in the status of a failed pod: `kubelet`'s eviction, preemption and shutdown managers,
    /// <https://github.com/kubernetes/kubernetes/tree/v1.32.0/pkg/kubelet>.
    private static let reasons = [
        "Evicted": "was evicted by its node",
        "Preempting": "was preempted by its node",
        "Terminated": "was ended because its node shut down",
        "NodeShutdown": "was rejected because its node shuts down",
        "NodeLost": "was lost with its node",
        "DeadlineExceeded": "was active for longer than its deadline",
        "UnexpectedAdmissionError": "was rejected by its node",
    ]

    /// The exit code of the training container, or of its last run if it is started again.
    var lastExitCode: Int? {
        training?.state?.terminated?.exitCode ?? training?.lastState?.terminated?.exitCode
    }
}

extension PodObject {
    /// How the newest ended process of the training container ended; nil if none has.
    var lastExit: ReplicaExit? {
        guard let ended = training?.state?.terminated ?? training?.lastState?.terminated else { return nil }
        let isCurrent = training?.state?.terminated != nil
        let detail =
            ended.reason == "OOMKilled"
            ? "killed, out of memory"
            : isCurrent && failure.reason != "ReplicaFailed" && ended.exitCode != 0
                ? failure.reason : ReplicaFailure.Cause.detail(code: ended.exitCode, outOfMemory: nil)
        return ReplicaExit(
            time: ended.finishedAt.flatMap(APITime.date),
            code: ended.exitCode,
            detail: detail,
            wasStopped: isBeingDeleted && !isDisrupted
        )
    }
}

extension PodObject.Container {
    /// What a container doesn't do while it waits.
    fileprivate var verb: String {
        state?.waiting?.reason == "CrashLoopBackOff" ? "ends again and again" : "can't start"
    }
}
