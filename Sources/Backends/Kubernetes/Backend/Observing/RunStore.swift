import Foundation
import Jobs
import KubernetesClient

/// What the watches have told, by run. Pure: it says which runs changed, and nothing else comes of it.
struct RunStore: Sendable {
    private(set) var runs: [RunID: RunView] = [:]
    /// Which attempt comes next of runs that are gone and are to be started again.
    private(set) var attempts: [RunID: Attempt] = [:]

    /// Takes in an object that is there.
    ///
    /// - Returns: the run that it belongs to, where that changed.
    mutating func put(_ anchor: AnchorObject) -> RunID? {
        guard let id = RunID(labels: anchor.metadata.labels) else { return nil }
        let attempt = anchor.attempt.number
        if let next = attempts[id], next.number <= attempt {
            attempts[id] = nil
        }
        return change(id) { run in
            if let known = run.anchor, anchor.metadata.isOlder(than: known.metadata) { return }
            if attempt > 0 {
                run.pods = run.pods.filter { $0.value.attempt >= attempt }
                run.jobs = run.jobs.filter { $0.value.attempt >= attempt }
            }
            if let known = run.anchor, known.metadata.uid != anchor.metadata.uid {
                run.pods = run.pods.filter { !$0.value.state.isOver }
            }
            if run.job == nil || run.anchor?.note(Marks.job) != anchor.note(Marks.job) {
                run.job = anchor.job(id)
            }
            if run.anchor?.note(Marks.result) != anchor.note(Marks.result) {
                run.result = anchor.note(Marks.result).flatMap(ResultNote.read)
            }
            run.anchor = anchor
        }
    }

    /// Takes in a Job that is there.
    mutating func put(_ job: BatchJobObject) -> RunID? {
        guard let id = RunID(labels: job.metadata.labels) else { return nil }
        return change(id) { run in
            if let known = run.jobs[job.metadata.name], job.metadata.isOlder(than: known.metadata) { return }
            guard !run.isPast(job.attempt) else { return }
            run.jobs[job.metadata.name] = job
        }
    }

    /// Takes in a pod that is there.
    mutating func put(_ pod: PodObject) -> RunID? {
        guard let id = RunID(labels: pod.metadata.labels) else { return nil }
        return change(id) { run in
            if let known = run.pods[pod.metadata.uid], pod.metadata.isOlder(than: known.metadata) { return }
            guard !run.isPast(pod.attempt) else { return }
            run.pods[pod.metadata.uid] = pod
        }
    }

    /// Notes that an object is gone.
    mutating func remove(_ anchor: AnchorObject) -> RunID? {
        guard let id = RunID(labels: anchor.metadata.labels) else { return nil }
        if let run = runs[id], run.awaitsRestart, run.anchor?.metadata.uid == anchor.metadata.uid {
            attempts[id] = run.nextAttempt(now: Date())
        }
        return change(id) { run in
            guard run.anchor?.metadata.uid == anchor.metadata.uid else { return }
            run.anchor = nil
            run.job = nil
            run.result = nil
            run.pods = run.pods.filter { !$0.value.state.isOver }
        }
    }

    /// Notes that a Job is gone.
    mutating func remove(_ job: BatchJobObject) -> RunID? {
        guard let id = RunID(labels: job.metadata.labels) else { return nil }
        return change(id) { run in
            guard run.jobs[job.metadata.name]?.metadata.uid == job.metadata.uid else { return }
            run.jobs[job.metadata.name] = nil
        }
    }

    /// Notes that a pod is gone. How one ended that ended by itself stays known.
    mutating func remove(_ pod: PodObject) -> RunID? {
        guard let id = RunID(labels: pod.metadata.labels) else { return nil }
        return change(id) { run in
            let last = run.pods[pod.metadata.uid] ?? pod
            let isKept = run.anchor != nil && last.state.isOver && !run.isPast(last.attempt)
            run.pods[pod.metadata.uid] = isKept ? last : nil
        }
    }

    /// Forgets a run that was stopped and seen gone.
    mutating func forget(_ id: RunID) {
        runs[id] = nil
    }

    /// Notes which attempt of a run is to come; nil: the first.
    mutating func expect(_ attempt: Attempt?, of id: RunID) {
        attempts[id] = attempt
    }

    private mutating func change(_ id: RunID, _ body: (inout RunView) -> Void) -> RunID? {
        var run = runs[id] ?? RunView(id)
        let before = run.status
        body(&run)
        runs[id] = run.isEmpty ? nil : run
        return run.status == before ? nil : id
    }
}

extension RunStore {
    /// Notes that no other objects of a kind were there, as of a version: what is not among them and not newer is gone.
    ///
    /// - Parameters:
    ///   - uids: of those that are there; they have been put already.
    ///   - version: what the list is of.
    /// - Returns: the runs that changed.
    mutating func keepAnchors(_ uids: Set<String>, version: String) -> Set<RunID> {
        let gone = runs.values.compactMap(\.anchor).filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version)
        }
        return Set(gone.compactMap { remove($0) })
    }

    /// Likewise for Jobs.
    mutating func keepJobs(_ uids: Set<String>, version: String) -> Set<RunID> {
        let gone = runs.values.flatMap(\.jobs.values).filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version)
        }
        return Set(gone.compactMap { remove($0) })
    }

    /// Likewise for pods.
    mutating func keepPods(_ uids: Set<String>, version: String) -> Set<RunID> {
        let gone = runs.values.flatMap(\.pods.values).filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version) && !$0.state.isOver
        }
        return Set(gone.compactMap { remove($0) })
    }
}
