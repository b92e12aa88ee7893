import Foundation
import Jobs
import KubernetesClient

/// What the watches and our own calls have reported, by run.
///
/// Invariants: a run without objects isn't stored; an older state never replaces a newer one; objects of an earlier attempt
/// than the anchor's are dropped.
struct RunStore: Sendable {
    private(set) var runs: [RunID: RunView] = [:]
    var restarts = RestartPlan()

    /// Adds or updates an anchor.
    ///
    /// - Returns: the run, if its status changed.
    mutating func mergeAnchor(_ anchor: AnchorObject) -> RunID? {
        guard let id = RunID(labels: anchor.metadata.labels) else { return nil }
        let attempt = anchor.attempt.number
        restarts.completeAttempts(of: id, upTo: attempt)
        return updateRun(id) { run in
            if let known = run.anchor, anchor.metadata.isOlder(than: known.metadata) { return }
            if attempt > 0 {
                run.pods = run.pods.filter { $0.value.attempt >= attempt }
                run.jobs = run.jobs.filter { $0.value.attempt >= attempt }
            }
            if let known = run.anchor, known.metadata.uid != anchor.metadata.uid {
                run.pods = run.pods.filter { !$0.value.state.isOver }
            }
            if run.job == nil || run.anchor?.annotation(Marks.job) != anchor.annotation(Marks.job) {
                run.job = anchor.job(id)
            }
            if run.anchor?.annotation(Marks.result) != anchor.annotation(Marks.result) {
                run.result = anchor.result
            }
            run.anchor = anchor
        }
    }

    /// Adds or updates a Job.
    ///
    /// - Returns: the run, if its status changed.
    mutating func mergeJob(_ job: BatchJobObject) -> RunID? {
        guard let id = RunID(labels: job.metadata.labels) else { return nil }
        return updateRun(id) { run in
            if let known = run.jobs[job.metadata.name], job.metadata.isOlder(than: known.metadata) { return }
            guard !run.isPast(job.attempt) else { return }
            run.jobs[job.metadata.name] = job
        }
    }

    /// Adds or updates a pod.
    ///
    /// - Returns: the run, if its status changed.
    mutating func mergePod(_ pod: PodObject) -> RunID? {
        guard let id = RunID(labels: pod.metadata.labels) else { return nil }
        return updateRun(id) { run in
            if let known = run.pods[pod.metadata.uid], pod.metadata.isOlder(than: known.metadata) { return }
            guard !run.isPast(pod.attempt) else { return }
            run.pods[pod.metadata.uid] = pod
        }
    }

    /// Removes an anchor that was deleted.
    mutating func removeAnchor(_ anchor: AnchorObject) -> RunID? {
        guard let id = RunID(labels: anchor.metadata.labels) else { return nil }
        if let run = runs[id], run.awaitsRestart, run.anchor?.metadata.uid == anchor.metadata.uid {
            restarts.planAttempt(run.nextAttempt(now: Date()), of: id)
        }
        return updateRun(id) { run in
            guard run.anchor?.metadata.uid == anchor.metadata.uid else { return }
            run.anchor = nil
            run.job = nil
            run.result = nil
            run.pods = run.pods.filter { !$0.value.state.isOver }
        }
    }

    /// Removes a Job that was deleted.
    mutating func removeJob(_ job: BatchJobObject) -> RunID? {
        guard let id = RunID(labels: job.metadata.labels) else { return nil }
        return updateRun(id) { run in
            guard run.jobs[job.metadata.name]?.metadata.uid == job.metadata.uid else { return }
            run.jobs[job.metadata.name] = nil
        }
    }

    /// Removes a pod that was deleted. A pod that had ended by itself stays, because it has the exit code.
    mutating func removePod(_ pod: PodObject) -> RunID? {
        guard let id = RunID(labels: pod.metadata.labels) else { return nil }
        return updateRun(id) { run in
            let last = run.pods[pod.metadata.uid] ?? pod
            let isKept = run.anchor != nil && last.state.isOver && !run.isPast(last.attempt)
            run.pods[pod.metadata.uid] = isKept ? last : nil
        }
    }

    /// Removes a run whose objects are all deleted.
    mutating func removeRun(_ id: RunID) {
        runs[id] = nil
    }

    private mutating func updateRun(_ id: RunID, _ update: (inout RunView) -> Void) -> RunID? {
        var run = runs[id] ?? RunView(id)
        let before = run.status
        update(&run)
        runs[id] = run.isEmpty ? nil : run
        return run.status == before ? nil : id
    }
}

/// An object that the store keeps.
protocol StoredObject: ClusterObject {
    /// Adds or updates the object in the store.
    ///
    /// - Returns: the run, if its status changed.
    func merge(into store: inout RunStore) -> RunID?
    /// Removes the deleted object from the store.
    func remove(from store: inout RunStore) -> RunID?
    /// The objects of the kind that a list of all objects must have, or else they are gone.
    static func listedObjects(in store: RunStore) -> [Self]
}

extension StoredObject {
    /// Removes the objects that aren't in a complete list and aren't newer than it.
    ///
    /// - Parameters:
    ///   - uids: the listed objects, which are in the store already.
    ///   - version: the version of the list.
    ///   - store: the store to clean.
    /// - Returns: the runs whose status changed.
    static func removeUnlisted(_ uids: Set<String>, version: String, from store: inout RunStore) -> Set<RunID> {
        let gone = listedObjects(in: store).filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version)
        }
        return Set(gone.compactMap { $0.remove(from: &store) })
    }
}

extension AnchorObject: StoredObject {
    func merge(into store: inout RunStore) -> RunID? { store.mergeAnchor(self) }

    func remove(from store: inout RunStore) -> RunID? { store.removeAnchor(self) }

    static func listedObjects(in store: RunStore) -> [AnchorObject] { store.runs.values.compactMap(\.anchor) }
}

extension BatchJobObject: StoredObject {
    func merge(into store: inout RunStore) -> RunID? { store.mergeJob(self) }

    func remove(from store: inout RunStore) -> RunID? { store.removeJob(self) }

    static func listedObjects(in store: RunStore) -> [BatchJobObject] { store.runs.values.flatMap(\.jobs.values) }
}

extension PodObject: StoredObject {
    func merge(into store: inout RunStore) -> RunID? { store.mergePod(self) }

    func remove(from store: inout RunStore) -> RunID? { store.removePod(self) }

    static func listedObjects(in store: RunStore) -> [PodObject] {
        store.runs.values.flatMap(\.pods.values).filter { !$0.state.isOver }
    }
}
