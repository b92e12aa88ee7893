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

    /// Adds or updates an object.
    ///
    /// - Returns: the object's run, if its status changed.
    mutating func mergeObject(_ object: some StoredObject) -> RunID? {
        guard let id = RunID(labels: object.metadata.labels) else { return nil }
        let changed = updateRun(id) { object.merge(into: &$0) }
        restarts.completeAttempts(of: id, upTo: runs[id]?.anchor?.attempt.number ?? 0)
        return changed
    }

    /// Removes an object that was deleted.
    ///
    /// - Returns: the object's run, if its status changed.
    mutating func removeObject(_ object: some StoredObject) -> RunID? {
        guard let id = RunID(labels: object.metadata.labels) else { return nil }
        if let run = runs[id], run.awaitsRestart, run.anchor?.metadata.uid == object.metadata.uid {
            restarts.planAttempt(run.nextAttempt(now: Date()), of: id)
        }
        return updateRun(id) { object.remove(from: &$0) }
    }

    /// Removes the objects that a complete list of their kind doesn't have, unless they are newer than the list.
    ///
    /// - Parameters:
    ///   - type: the type of the objects.
    ///   - uids: the listed objects, which are in the store already.
    ///   - version: the version of the list.
    /// - Returns: the runs whose status changed.
    mutating func removeUnlisted<Object: StoredObject>(
        _ type: Object.Type,
        besides uids: Set<String>,
        version: String
    ) -> Set<RunID> {
        let gone = runs.values.flatMap { Object.listedObjects(of: $0) }.filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version)
        }
        return Set(gone.compactMap { removeObject($0) })
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
    func merge(into run: inout RunView)
    func remove(from run: inout RunView)
    /// The objects of a run that a list of their kind must have, or else they are gone.
    static func listedObjects(of run: RunView) -> [Self]
}

extension AnchorObject: StoredObject {
    func merge(into run: inout RunView) {
        if let known = run.anchor, metadata.isOlder(than: known.metadata) { return }
        let number = attempt.number
        if number > 0 {
            run.pods = run.pods.filter { $0.value.attempt >= number }
            run.jobs = run.jobs.filter { $0.value.attempt >= number }
        }
        if let known = run.anchor, known.metadata.uid != metadata.uid {
            run.pods = run.pods.filter { !$0.value.state.isOver }
        }
        if run.job == nil || run.anchor?.annotation(Marks.job) != annotation(Marks.job) {
            run.job = job(run.id)
        }
        if run.anchor?.annotation(Marks.result) != annotation(Marks.result) {
            run.result = result
        }
        run.anchor = self
    }

    func remove(from run: inout RunView) {
        guard run.anchor?.metadata.uid == metadata.uid else { return }
        run.anchor = nil
        run.job = nil
        run.result = nil
        run.pods = run.pods.filter { !$0.value.state.isOver }
    }

    static func listedObjects(of run: RunView) -> [AnchorObject] { [run.anchor].compactMap(\.self) }
}

extension BatchJobObject: StoredObject {
    func merge(into run: inout RunView) {
        if let known = run.jobs[metadata.name], metadata.isOlder(than: known.metadata) { return }
        guard !run.isPast(attempt) else { return }
        run.jobs[metadata.name] = self
        run.jobs[metadata.name]?.metadata.keepOnly(labels: Marks.labelNames, annotations: [])
    }

    func remove(from run: inout RunView) {
        guard run.jobs[metadata.name]?.metadata.uid == metadata.uid else { return }
        run.jobs[metadata.name] = nil
    }

    static func listedObjects(of run: RunView) -> [BatchJobObject] { Array(run.jobs.values) }
}

extension PodObject: StoredObject {
    func merge(into run: inout RunView) {
        if let known = run.pods[metadata.uid], metadata.isOlder(than: known.metadata) { return }
        guard !run.isPast(attempt) else { return }
        run.pods[metadata.uid] = self
    }

    /// Keeps a pod that had ended by itself, because it has the exit code.
    func remove(from run: inout RunView) {
        let last = run.pods[metadata.uid] ?? self
        let isKept = run.anchor != nil && last.state.isOver && !run.isPast(last.attempt)
        run.pods[metadata.uid] = isKept ? last : nil
    }

    static func listedObjects(of run: RunView) -> [PodObject] { run.pods.values.filter { !$0.state.isOver } }
}
