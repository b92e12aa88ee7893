import Foundation
import Jobs
import KubernetesClient

/// What this process remembers of runs beside their objects. All of it may be lost with a restart.
///
/// Invariant: after ``dropStaleRecords(_:)`` every record belongs to a run or an object in the store.
struct RunRecords: Sendable {
    /// When the end of a run was first observed by a caller.
    private var deliveries: [RunID: Date] = [:]
    /// When the end of a run of Indexed Jobs was first seen, until its result is recorded on the cluster.
    private var ends: [RunID: Date] = [:]
    /// The generation of an object at its last check for changes by others, by uid.
    private(set) var checked: [String: Int] = [:]
    /// Why the last chore of a run failed, until one succeeds.
    private var faults: [RunID: ChoreFault] = [:]
    /// What the cluster's events say about runs that wait without a reason of their own.
    private var notices: [RunID: EventNotice] = [:]
    /// Runs that this process deleted a short time ago.
    private var deleted: Set<RunID> = []

    /// Why the last chore of a run failed; nil if it succeeded.
    func fault(of id: RunID) -> ChoreFault? { faults[id] }

    /// Records that a chore failed.
    ///
    /// - Returns: whether the message is a new one.
    mutating func recordFault(of id: RunID, _ message: String, at time: Date) -> Bool {
        let last = faults[id]
        let fault = ChoreFault(message: message, failures: (last?.failures ?? 0) + 1, time: time)
        faults[id] = fault
        return last?.message != message
    }

    /// Records that a chore succeeded.
    ///
    /// - Returns: whether the last one had failed.
    mutating func dropFault(of id: RunID) -> Bool {
        faults.removeValue(forKey: id) != nil
    }

    /// When a caller first observed the end of a run.
    func delivery(of id: RunID) -> Date? { deliveries[id] }

    /// Records that a caller observes the end of a run; only the first time counts.
    ///
    /// - Returns: whether this is the first time.
    mutating func recordDelivery(of id: RunID, at time: Date) -> Bool {
        guard deliveries[id] == nil else { return false }
        deliveries[id] = time
        return true
    }

    mutating func dropDelivery(of id: RunID) {
        deliveries[id] = nil
    }

    /// When the end of a run was first seen.
    func end(of id: RunID) -> Date? { ends[id] }

    /// Records that the end of a run was seen; only the first time counts.
    mutating func recordEnd(of id: RunID, at time: Date) {
        ends[id] = ends[id] ?? time
    }

    /// Records that the current generation of an object was checked.
    mutating func recordCheck(of metadata: ObjectMetadata) {
        checked[metadata.uid] = metadata.generation ?? 1
    }

    /// Whether this process deleted a run, and did not create it since.
    func isDeleted(_ id: RunID) -> Bool { deleted.contains(id) }

    mutating func recordDeletion(of id: RunID) {
        deleted.insert(id)
    }

    mutating func dropDeletion(of id: RunID) {
        deleted.remove(id)
    }

    /// What events say about a run; nil if nothing was read.
    func notice(of id: RunID) -> EventNotice? { notices[id] }

    mutating func recordNotice(of id: RunID, _ notice: EventNotice?) {
        notices[id] = notice
    }

    /// Drops the records of runs and objects that aren't in the store.
    mutating func dropStaleRecords(_ runs: [RunID: RunView]) {
        deliveries = deliveries.filter { runs[$0.key] != nil }
        faults = faults.filter { runs[$0.key] != nil }
        notices = notices.filter { runs[$0.key] != nil }
        deleted = []
        ends = ends.filter { id, _ in runs[id].map { $0.result == nil } ?? false }
        guard !checked.isEmpty else { return }
        let anchors = runs.values.compactMap { $0.anchor?.metadata.uid }
        let known = Set(anchors + runs.values.flatMap { $0.jobs.values.map(\.metadata.uid) })
        checked = checked.filter { known.contains($0.key) }
    }
}

/// Why a chore failed, and when to try again.
struct ChoreFault: Sendable, Equatable {
    let message: String
    /// How many attempts failed in a row.
    let failures: Int
    /// When the last attempt failed.
    let time: Date

    /// When to try again: 1 s after the first failure, then twice as long each time, up to 5 min.
    var retryTime: Date { time + min(300, Double(1 << min(failures - 1, 9))) }
}
