import Foundation
import Jobs
import KubernetesClient

/// What the watches and our own calls have reported, by run.
///
/// Invariants: a run without objects isn't stored; an older state never replaces a newer one; objects of an earlier attempt
/// than the anchor's are dropped; ``anchors`` has the uid of every stored anchor.
struct RunStore: Sendable {
    private(set) var runs: [RunID: RunView] = [:]
    /// The run of each anchor, by uid: somebody may change the labels that name the run.
    private var anchors: [String: RunID] = [:]
    var restarts = PendingRestarts()

    /// The run that an object belongs to; nil if no run is known to have it and its labels name none.
    func run(of object: some StoredObject) -> RunID? {
        anchors[object.metadata.uid] ?? RunID(labels: object.metadata.labels)
    }

    /// Adds or updates an object.
    ///
    /// - Returns: the object's run, if its status changed.
    @discardableResult
    mutating func mergeObject(_ object: some StoredObject) -> RunID? {
        guard let id = run(of: object) else { return nil }
        let changed = updateRun(id) { object.merge(into: &$0) }
        restarts.completeAttempts(of: id, upTo: runs[id]?.anchor?.attempt.number ?? 0)
        return changed
    }

    /// Removes an object that was deleted. An anchor that wasn't being deleted is only suspected, see ``RunView/isSuspect``.
    ///
    /// - Returns: the object's run, if its status changed or if it is suspected.
    mutating func removeObject(_ object: some StoredObject) -> RunID? {
        guard let id = run(of: object) else { return nil }
        if let anchor = object as? AnchorObject, let known = runs[id]?.anchor,
            known.metadata.uid == anchor.metadata.uid,
            !anchor.isBeingDeleted, !known.isBeingDeleted
        {
            runs[id]?.isSuspect = true
            return id
        }
        if runs[id]?.anchor?.metadata.uid == object.metadata.uid {
            planLostRestart(of: id)
        }
        return updateRun(id) { object.remove(from: &$0) }
    }

    /// Plans the next attempt of a run whose anchor is gone before its restart, so that the restarts count on.
    private mutating func planLostRestart(of id: RunID) {
        if let run = runs[id], run.awaitsRestart {
            restarts.planAttempt(run.nextAttempt(now: Date()), of: id)
        }
    }

    /// Removes the objects that a complete list of their kind doesn't have, unless they are newer than the list.
    ///
    /// - Parameters:
    ///   - type: the type of the objects.
    ///   - uids: the listed objects, which are in the store already.
    ///   - version: the version of the list.
    /// - Returns: the runs that lost an object.
    mutating func removeUnlisted<Object: StoredObject>(
        _ type: Object.Type,
        besides uids: Set<String>,
        version: String
    ) -> Set<RunID> {
        let gone = runs.values.flatMap { Object.listedObjects(of: $0) }.filter {
            !uids.contains($0.metadata.uid) && !$0.metadata.isNewer(thanVersion: version)
        }
        return Set(
            gone.compactMap { object in
                let id = run(of: object)
                _ = removeObject(object)
                return id
            }
        )
    }

    /// Removes an anchor that the server doesn't have.
    mutating func removeSuspect(_ id: RunID) {
        guard let anchor = runs[id]?.anchor, runs[id]?.isSuspect == true else { return }
        planLostRestart(of: id)
        _ = updateRun(id) { anchor.remove(from: &$0) }
    }

    /// Records annotations that we change ourselves; nil removes one.
    mutating func acceptMarks(of id: RunID, _ changes: [String: String?]) {
        for (name, value) in changes {
            runs[id]?.marks?[name] = value
        }
    }

    /// Records that the pods of a run were deleted, and not with their namespace.
    mutating func confirmDeletion(of id: RunID) {
        runs[id]?.isDeletionConfirmed = true
    }

    /// Removes a run whose objects are all deleted.
    mutating func removeRun(_ id: RunID) {
        if let uid = runs.removeValue(forKey: id)?.anchor?.metadata.uid {
            anchors[uid] = nil
        }
    }

    private mutating func updateRun(_ id: RunID, _ update: (inout RunView) -> Void) -> RunID? {
        var run = runs[id] ?? RunView(id)
        let (before, uid) = (run.status, run.anchor?.metadata.uid)
        update(&run)
        if uid != run.anchor?.metadata.uid {
            uid.map { anchors[$0] = nil }
            run.anchor.map { anchors[$0.metadata.uid] = id }
        }
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
        // Somebody may have copied the object, with its labels.
        guard metadata.name == ObjectName.of(run.id.key.id) else { return }
        var anchor = self
        if let known = run.anchor, known.metadata.uid == metadata.uid, RunID(labels: metadata.labels) != run.id {
            anchor.metadata.labels = known.metadata.labels
            anchor.hasAlteredLabels = true
        }
        anchor.keepMarks(of: &run)
        anchor.replace(in: &run)
    }

    /// Goes on with the annotations that we wrote, if somebody changed them.
    private mutating func keepMarks(of run: inout RunView) {
        run.isSuspect = false
        run.hasAlteredMarks = hasAlteredLabels
        if let marks = run.marks, run.anchor?.metadata.uid == metadata.uid {
            guard marks != metadata.annotations else { return }
            run.hasAlteredMarks = true
            metadata.annotations = marks
        } else {
            run.marks = metadata.annotations ?? [:]
            run.isDeletionConfirmed = false
        }
    }

    private func replace(in run: inout RunView) {
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
        run.marks = nil
        run.isSuspect = false
        run.hasAlteredMarks = false
        run.job = nil
        run.result = nil
        run.pods = run.pods.filter { !$0.value.state.isOver }
    }

    static func listedObjects(of run: RunView) -> [AnchorObject] { [run.anchor].compactMap(\.self) }
}

extension BatchJobObject: StoredObject {
    func merge(into run: inout RunView) {
        if let known = run.jobs[metadata.name], metadata.isOlder(than: known.metadata) { return }
        guard !run.isPast(attempt), type.map({ ObjectName.job(run.id.key.id, $0) }) == metadata.name else { return }
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
        guard !run.isPast(attempt), !isOfCopy(of: run.id) else { return }
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
