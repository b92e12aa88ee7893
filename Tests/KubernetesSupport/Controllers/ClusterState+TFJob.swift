import Foundation

/// What the training operator does with a TFJob, without gang scheduling and elastic workers.
///
/// Source: `ReconcileJobs`, <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/common/job.go>, `ReconcilePods`,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/common/pod.go>, `UpdateJobStatus`,
/// <https://github.com/kubeflow/training-operator/blob/v1.9.0/pkg/controller.v1/tensorflow/tfjob_controller.go>.
extension ClusterState {
    /// - Returns: when to look again; nil: when something changes.
    func reconcileTFJob(_ key: ObjectKey) -> Date? {
        guard let job = store[key], job.metadata.deletionTimestamp.isNull,
            job.spec.runPolicy.managedBy.isNull || job.spec.runPolicy.managedBy == "kubeflow.org/training-operator"
        else { return nil }
        let spec = TFJobSpec(job)
        var status = TFJobStatus(tree: job["status"] ?? [:])
        if status.tree.conditions.elements.isEmpty {
            status.set("Created", reason: "TFJobCreated", "TFJob \(spec.name) is created.")
        }
        let pods = controlled(by: job, .pods)
        let again = reconcile(spec, pods, &status)
        if status.tree != job.status {
            modify(key, uid: job.metadata.uid.text, by: "manager") { [tree = status.tree] in $0.status = tree }
        }
        return again
    }

    private func reconcile(_ spec: TFJobSpec, _ pods: [JSONTree], _ status: inout TFJobStatus) -> Date? {
        if status.isFinished { return clean(spec, pods, &status) }
        if spec.isSuspended {
            suspend(spec, pods, &status)
            return nil
        }
        if status.isTrue("Suspended") {
            status.set("Suspended", "False", reason: "TFJobResumed", "TFJob \(spec.name) is resumed.")
            status.tree.startTime = .string(Self.timestamp())
        }
        if let why = limit(spec, pods, status) {
            status.complete()
            for pod in pods { discardPod(pod) }
            status.set("Failed", reason: "TFJobFailed", "Job \(spec.name) has failed because it \(why)")
            return nil
        }
        for replica in spec.replicas { reconcile(replica, of: spec, pods, &status) }
        judge(spec, controlled(by: spec.job, .pods), &status)
        guard let deadline = spec.deadline else { return nil }
        return Self.date(status.tree.startTime)?.addingTimeInterval(Double(deadline))
    }

    static func date(_ value: JSONTree) -> Date? { value.text.flatMap { try? Date($0, strategy: .iso8601) } }

    private func discardPod(_ pod: JSONTree) {
        discard(pod.key(in: .pods))
        let name = pod.metadata.name.text ?? ""
        discard(ObjectKey(resource: "services", namespace: pod.metadata.namespace.text ?? "", name: name))
    }

    /// What is left of a job that is over: its pods, by the policy, and in the end itself.
    private func clean(_ spec: TFJobSpec, _ pods: [JSONTree], _ status: inout TFJobStatus) -> Date? {
        for pod in pods where spec.cleanPodPolicy != "None" && pod.metadata.deletionTimestamp.isNull {
            let isUp = ["Running", "Pending"].contains(pod.status.phase.text ?? "")
            if spec.cleanPodPolicy == "All" || isUp { discardPod(pod) }
        }
        if status.isTrue("Succeeded") {
            for type in status.tree.replicaStatuses.members.keys where status.count(type, "active") > 0 {
                let sum = status.count(type, "succeeded") + status.count(type, "active")
                status.tree.replicaStatuses[type]?.succeeded = .integer(sum)
                status.tree.replicaStatuses[type]?["active"] = nil
            }
        }
        guard let time = spec.timeToLive, let end = Self.date(status.tree.completionTime) else { return nil }
        let expiry = end.addingTimeInterval(Double(time))
        guard expiry <= Date() else { return expiry }
        discard(spec.job.key(in: .tfJobs))
        return nil
    }

    private func suspend(_ spec: TFJobSpec, _ pods: [JSONTree], _ status: inout TFJobStatus) {
        for pod in pods where pod.metadata.deletionTimestamp.isNull { discardPod(pod) }
        for type in status.tree.replicaStatuses.members.keys { status.tree.replicaStatuses[type]?["active"] = nil }
        let message = "TFJob \(spec.name) is suspended."
        if status.isTrue("Running") { status.set("Running", "False", reason: "TFJobSuspended", message) }
        if !status.isTrue("Suspended") { status.set("Suspended", reason: "TFJobSuspended", message) }
    }

    /// Why a job may not go on: restarts within its running pods, or time.
    private func limit(_ spec: TFJobSpec, _ pods: [JSONTree], _ status: TFJobStatus) -> String? {
        if let limit = spec.backoffLimit {
            let types = Set(spec.replicas.filter { $0.restartPolicy != "Never" }.map(\.name))
            let restarts = pods.filter {
                $0.status.phase == "Running"
                    && types.contains($0.metadata.labels["training.kubeflow.org/replica-type"]?.text ?? "")
            }.flatMap(\.status.containerStatuses.elements).reduce(0) { $0 + ($1.restartCount.int ?? 0) }
            if limit == 0 ? restarts > 0 : restarts >= limit { return "has reached the specified backoff limit" }
        }
        guard let deadline = spec.deadline, let start = Self.date(status.tree.startTime) else { return nil }
        return start.addingTimeInterval(Double(deadline)) <= Date()
            ? "was active longer than specified deadline" : nil
    }

    private func reconcile(
        _ replica: TFJobSpec.Replica,
        of spec: TFJobSpec,
        _ all: [JSONTree],
        _ status: inout TFJobStatus
    ) {
        let pods = all.filter { $0.metadata.labels["training.kubeflow.org/replica-type"]?.text == replica.name }
        let indices = Dictionary(grouping: pods) { pod in
            Int(pod.metadata.labels["training.kubeflow.org/replica-index"]?.text ?? "") ?? -1
        }
        for index in 0..<replica.count {
            if indices[index] == nil {
                make(spec.pod(replica, index), .pods, ownedBy: spec.job, by: "manager")
            }
            make(spec.service(replica, index), .services, ownedBy: spec.job, by: "manager")
        }
        for (index, pods) in indices.sorted(by: { $0.key < $1.key }) {
            for pod in pods {
                if index >= replica.count { discardPod(pod) }
                if pod.status.phase == "Failed" { restart(pod, replica, spec, &status) }
            }
        }
        status.count(pods, of: replica.type)
    }

    /// A failed pod is made anew where the policy says so.
    private func restart(
        _ pod: JSONTree,
        _ replica: TFJobSpec.Replica,
        _ spec: TFJobSpec,
        _ status: inout TFJobStatus
    ) {
        let main = pod.status.containerStatuses.elements.first { $0.name == "tensorflow" } ?? .null
        let code = main.state.terminated.exitCode.int ?? 0xBEEF
        switch replica.restartPolicy {
        case "ExitCode" where code < 128:
            status.set(
                "Failed",
                reason: "TFJobFailed",
                "job \"\(spec.name)\" is failing because \"\(replica.type)\" replica(s) failed."
            )
        case "ExitCode", "OnFailure", "Always":
            discard(pod.key(in: .pods))
            status.set(
                "Restarting",
                reason: "TFJobRestarting",
                "job \(spec.name) is restarting because \(replica.type) replica(s) failed."
            )
        default: break
        }
    }

    /// Whether the job runs, has succeeded or has failed.
    private func judge(_ spec: TFJobSpec, _ pods: [JSONTree], _ status: inout TFJobStatus) {
        if status.tree["startTime"] == nil { status.tree.startTime = .string(Self.timestamp()) }
        let restarting = status.condition("Restarting")
        let worker0 = pods.contains { pod in
            let labels = pod.metadata.labels
            return labels["training.kubeflow.org/replica-type"] == "worker"
                && labels["training.kubeflow.org/replica-index"] == "0" && pod.status.phase == "Succeeded"
        }
        let place = "TFJob \(spec.job.metadata.namespace.text ?? "")/\(spec.name)"
        for replica in spec.replicas.sorted(by: { $0.type < $1.type }) {
            let isChief = replica.type == "Chief" || replica.type == "Master"
            if spec.hasChief ? isChief : replica.type == "Worker" {
                let isDone =
                    replica.count - status.count(replica.type, "succeeded") == 0
                    || !spec.hasChief && worker0 && !spec.wantsAllWorkers
                if status.count(replica.type, "active") > 0, spec.hasChief || !isDone {
                    status.set("Running", reason: "TFJobRunning", "\(place) is running.")
                }
                if isDone {
                    status.complete()
                    status.set("Succeeded", reason: "TFJobSucceeded", "\(place) successfully completed.")
                }
            }
            let failed = status.count(replica.type, "failed")
            guard failed > 0 else { continue }
            if let restarting {
                status.set(
                    "Restarting",
                    reason: restarting.reason.text ?? "",
                    restarting.message.text ?? ""
                )
            } else {
                status.complete()
                let message = "\(place) has failed because \(failed) \(replica.type) replica(s) failed."
                status.set("Failed", reason: "TFJobFailed", message)
            }
        }
    }
}
