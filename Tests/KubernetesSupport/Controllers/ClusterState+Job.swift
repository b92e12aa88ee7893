import Foundation

/// What the Job controller does, without limits by index, without adopting pods, and without its pause before a pod that failed is made anew
/// (`DefaultJobPodFailureBackOff`, 10 s).
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/>, `syncJob` and `manageJob`,
/// <https://github.com/kubernetes/kubernetes/blob/6ae037f1db843e99547258d7dd292301a74ba0eb/pkg/controller/job/job_controller.go>, which is of
/// the time between 1.32 and 1.33.
extension ClusterState {
    private static let tracking = "batch.kubernetes.io/job-tracking"

    /// - Returns: when to look again; nil: when something changes.
    func reconcileJob(_ key: ObjectKey, _ settings: ClusterSettings) -> Date? {
        releaseOrphans(in: key.namespace)
        guard let job = store[key] else { return nil }
        let spec = JobSpec(job: job)
        var pods = controlled(by: job, .pods)
        guard job.metadata.deletionTimestamp.isNull else {
            for pod in pods { drop(Self.tracking, from: pod.key(in: .pods)) }
            return nil
        }
        var status = job["status"] ?? [:]
        let again: Date?
        if Self.isFinished(status) {
            for pod in pods where Self.isOver(pod) { drop(Self.tracking, from: pod.key(in: .pods)) }
            again = expire(spec, status)
        } else {
            count(pods, spec, &status)
            pods = controlled(by: job, .pods)
            again = manage(spec, pods, &status, settings)
            conclude(controlled(by: job, .pods), &status)
        }
        let active = controlled(by: job, .pods).filter { !Self.isOver($0) && $0.metadata.deletionTimestamp.isNull }
        let terminating = controlled(by: job, .pods).count { !$0.metadata.deletionTimestamp.isNull && !Self.isOver($0) }
        status["active"] = active.isEmpty ? nil : .integer(active.count)
        status.ready = .integer(active.count { $0.status.phase == "Running" })
        status.terminating = .integer(terminating)
        if status != job.status {
            modify(key, uid: job.metadata.uid.text, by: "kube-controller-manager") { [status] in $0.status = status }
        }
        return again
    }

    /// Pods whose job is gone are held by nobody.
    ///
    /// Source: `syncOrphanPod`, the same file.
    private func releaseOrphans(in namespace: String) {
        for key in store.keys(of: "pods", in: namespace) {
            guard let pod = store[key], pod.metadata.finalizers.elements.contains(.string(Self.tracking)) else {
                continue
            }
            let isOwned = pod.metadata.ownerReferences.elements.contains { reference in
                let job = ObjectKey(resource: "jobs.batch", namespace: namespace, name: reference.name.text ?? "")
                return reference.kind == "Job" && store[job]?.metadata.uid == reference.uid
            }
            if !isOwned { drop(Self.tracking, from: key) }
        }
    }

    private static func isFinished(_ status: JSONTree) -> Bool {
        status.conditions.elements.contains {
            ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True"
        }
    }

    private static func isOver(_ pod: JSONTree) -> Bool {
        ["Succeeded", "Failed"].contains(pod.status.phase.text ?? "")
    }

    /// Whether it is decided how the job ends: the condition itself waits for the pods.
    private static func verdict(_ status: JSONTree) -> (type: String, condition: JSONTree)? {
        for (interim, type) in [("FailureTarget", "Failed"), ("SuccessCriteriaMet", "Complete")] {
            if let condition = status.conditions.elements.first(where: {
                $0.type.text == interim && $0.status == "True"
            }) {
                return (type, condition)
            }
        }
        return nil
    }

    /// Counts pods that have ended, each once: its finalizer is taken away with that. Once it is decided how the job ends, all have.
    ///
    /// Source: `trackJobStatusAndRemoveFinalizers`, `canRemoveFinalizer`, the same file.
    private func count(_ pods: [JSONTree], _ spec: JobSpec, _ status: inout JSONTree) {
        var indexes = JobSpec.indexes(status.completedIndexes.text ?? "")
        for pod in pods where pod.metadata.finalizers.elements.contains(.string(Self.tracking)) {
            let verdict = Self.verdict(status)
            let isFailed = Self.isFailed(pod, spec)
            guard pod.status.phase == "Succeeded" || isFailed || verdict != nil else { continue }
            if pod.status.phase == "Succeeded" {
                let index = Self.index(of: pod)
                if !spec.isIndexed || index.map({ indexes.insert($0).inserted }) ?? false {
                    status.succeeded = .integer((status.succeeded.int ?? 0) + 1)
                }
            } else if isFailed || verdict?.type == "Failed" {
                failed(pod, spec, &status)
            }
            drop(Self.tracking, from: pod.key(in: .pods))
        }
        if spec.isIndexed { status.completedIndexes = .string(JobSpec.text(indexes)) }
    }

    /// A pod that is being deleted has failed already, unless it holds its place until it has ended.
    ///
    /// Source: `isPodFailed`, `onlyReplaceFailedPods`, the same file.
    private static func isFailed(_ pod: JSONTree, _ spec: JobSpec) -> Bool {
        if pod.status.phase == "Failed" { return true }
        return !spec.replacesOnlyFailed && !pod.metadata.deletionTimestamp.isNull && pod.status.phase != "Succeeded"
    }

    private func failed(_ pod: JSONTree, _ spec: JobSpec, _ status: inout JSONTree) {
        let rule = spec.failureRule(for: pod)
        if rule?.action == "Ignore" { return }
        status.failed = .integer((status.failed.int ?? 0) + 1)
        if let rule, rule.action == "FailJob", Self.verdict(status) == nil {
            Self.set("FailureTarget", "True", "PodFailurePolicy", rule.message, in: &status)
        }
    }

    /// Says that a job has ended once none of its pods is on its way out.
    ///
    /// Source: `enactJobFinished`, the same file.
    private func conclude(_ pods: [JSONTree], _ status: inout JSONTree) {
        guard let (type, condition) = Self.verdict(status), pods.allSatisfy(Self.isOver) else { return }
        if type == "Complete" { status.completionTime = .string(Self.timestamp()) }
        Self.set(type, "True", condition.reason.text ?? "", condition.message.text ?? "", in: &status)
    }

    static func index(of pod: JSONTree) -> Int? {
        pod.metadata.annotations["batch.kubernetes.io/job-completion-index"]?.text.flatMap { Int($0) }
    }

    /// Decides whether the job is over, and makes and deletes pods.
    private func manage(
        _ spec: JobSpec,
        _ pods: [JSONTree],
        _ status: inout JSONTree,
        _ settings: ClusterSettings
    ) -> Date? {
        let active = pods.filter { !Self.isOver($0) && $0.metadata.deletionTimestamp.isNull }
        let isSuspended = spec.job.spec.suspend.isTrue
        if status["startTime"] == nil, !isSuspended { status.startTime = .string(Self.timestamp()) }
        if Self.verdict(status) == nil, let reason = reasonToFail(spec, pods, status) {
            Self.set("FailureTarget", "True", reason.0, reason.1, in: &status)
        }
        let done = JobSpec.indexes(status.completedIndexes.text ?? "")
        if Self.verdict(status) == nil, let rule = spec.isEnough(done) {
            Self.set("SuccessCriteriaMet", "True", "SuccessPolicy", "Matched rules at index \(rule)", in: &status)
        }
        guard Self.verdict(status) == nil else {
            for pod in active { discard(pod.key(in: .pods)) }
            return nil
        }
        if isSuspended {
            // What the controller ends itself, it does not count.
            for pod in active {
                drop(Self.tracking, from: pod.key(in: .pods))
                discard(pod.key(in: .pods))
            }
            Self.set("Suspended", "True", "JobSuspended", "Job suspended", in: &status)
            return nil
        }
        if status.conditions.elements.contains(where: { $0.type == "Suspended" && $0.status == "True" }) {
            Self.set("Suspended", "False", "JobResumed", "Job resumed", in: &status)
            status.startTime = .string(Self.timestamp())
        }
        let isComplete =
            spec.isIndexed
            ? done.count >= spec.completions ?? 0 : status.succeeded.int ?? 0 >= spec.completions ?? 1
        if isComplete, active.isEmpty {
            // Reason and message came with 1.33.
            Self.set("SuccessCriteriaMet", "True", "", "", in: &status)
        } else {
            makePods(spec, pods, active, done, status)
        }
        guard let deadline = spec.job.spec.activeDeadlineSeconds.int else { return nil }
        return Self.date(status.startTime)?.addingTimeInterval(Double(deadline))
    }

    private func makePods(
        _ spec: JobSpec,
        _ pods: [JSONTree],
        _ active: [JSONTree],
        _ done: Set<Int>,
        _ status: JSONTree
    ) {
        // By the policy for replacements a pod that is on its way out holds its place, or does not.
        let standing = pods.filter {
            !Self.isOver($0) && (spec.replacesOnlyFailed || $0.metadata.deletionTimestamp.isNull)
        }
        let left = (spec.completions ?? Int.max) - (spec.isIndexed ? done.count : status.succeeded.int ?? 0)
        var room = min(spec.parallelism, left) - standing.count
        guard spec.isIndexed else {
            while room > 0 {
                make(spec.pod(nil), .pods, ownedBy: spec.job, by: "kube-controller-manager")
                room -= 1
            }
            return
        }
        let taken = Set(standing.compactMap(Self.index))
        for index in 0..<(spec.completions ?? 0) where room > 0 && !done.contains(index) && !taken.contains(index) {
            make(spec.pod(index), .pods, ownedBy: spec.job, by: "kube-controller-manager")
            room -= 1
        }
    }

    private func reasonToFail(_ spec: JobSpec, _ pods: [JSONTree], _ status: JSONTree) -> (String, String)? {
        // Restarts within pods count as failures where pods are restarted: `pastBackoffLimitOnFailure`, the same file.
        let restarts = pods.filter { ["Running", "Pending"].contains($0.status.phase.text ?? "") }
            .flatMap { $0.status.initContainerStatuses.elements + $0.status.containerStatuses.elements }
            .reduce(0) { $0 + ($1.restartCount.int ?? 0) }
        let isOnFailure = spec.job.spec.template.spec.restartPolicy == "OnFailure"
        let isPast = isOnFailure && (spec.backoffLimit == 0 ? restarts > 0 : restarts >= spec.backoffLimit)
        if status.failed.int ?? 0 > spec.backoffLimit || isPast {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        guard !spec.job.spec.suspend.isTrue, let deadline = spec.job.spec.activeDeadlineSeconds.int,
            let start = Self.date(status.startTime), start.addingTimeInterval(Double(deadline)) <= Date()
        else { return nil }
        return ("DeadlineExceeded", "Job was active longer than specified deadline")
    }

    private static func set(
        _ type: String,
        _ value: String,
        _ reason: String,
        _ message: String,
        in status: inout JSONTree
    ) {
        var all = status.conditions.elements
        let place = all.firstIndex { $0.type.text == type }
        let now = JSONTree.string(timestamp())
        let new: JSONTree = [
            "type": .string(type), "status": .string(value), "reason": .string(reason), "message": .string(message),
            "lastProbeTime": now, "lastTransitionTime": now,
        ]
        guard let place else {
            status.conditions = .array(all + [new])
            return
        }
        let old = all[place]
        guard old.status.text != value || old.reason.text != reason || old.message.text != message else { return }
        all[place] = new
        status.conditions = .array(all)
    }

    /// Deletes a job whose time after its end is up, with its pods.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/>.
    private func expire(_ spec: JobSpec, _ status: JSONTree) -> Date? {
        let end = status.conditions.elements.first {
            ($0.type == "Complete" || $0.type == "Failed") && $0.status == "True"
        }
        guard let time = spec.job.spec.ttlSecondsAfterFinished.int,
            let date = end.flatMap({ Self.date($0.lastTransitionTime) })
        else { return nil }
        let expiry = date.addingTimeInterval(Double(time))
        guard expiry <= Date() else { return expiry }
        var options = DeleteOptions()
        options.propagation = .foreground
        _ = try? delete(spec.job.key(in: .jobs), of: .jobs, options)
        return nil
    }
}
