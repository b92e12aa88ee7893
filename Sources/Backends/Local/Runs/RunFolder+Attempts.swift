import Foundation
import Jobs
import Platform

/// A restart that was decided. It is recorded before the replicas end or start, so it is counted exactly once.
struct RestartRecord: Codable, Sendable {
    /// The attempt that the restart makes.
    let attempt: Int
    /// The names of the replicas. Nil: all.
    let replicas: [String]?
    /// The cause in one word, and as a sentence.
    let reason: String
    let message: String
    /// When the restart was decided.
    let time: Date
    /// When the replicas start again.
    let due: Date

    func covers(_ replica: String) -> Bool { replicas?.contains(replica) ?? true }
}

/// The content of an attempt's `stop` file. It is empty in the files of earlier versions.
private struct StopMark: Codable {
    /// How many seconds the run had been active.
    let activeSeconds: Double
}

extension RunFolder {
    /// The numbers of the attempts, oldest first.
    func attempts() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { $0.hasPrefix("attempt-") ? Int($0.dropFirst(8)) : nil }.sorted()
    }

    func replica(_ name: String, attempt: Int) -> ReplicaFolder {
        ReplicaFolder(url: attemptURL(attempt).appendingPathComponent(name))
    }

    /// Whether the orders of an attempt are written.
    func hasAttempt(_ attempt: Int) -> Bool { FileManager.default.fileExists(atPath: attemptURL(attempt).path) }

    /// The newest attempt that has an order for a replica. Nil: there is none.
    func newestAttempt(of replica: String) -> Int? {
        attempts().last { self.replica(replica, attempt: $0).hasOrder }
    }

    /// Writes an attempt with the orders of its replicas, completely or not at all.
    func writeAttempt(_ attempt: Int, orders: [ReplicaOrder]) throws {
        let draft = url.appendingPathComponent("draft")
        try? FileManager.default.removeItem(at: draft)
        for order in orders {
            try ReplicaFolder(url: draft.appendingPathComponent("\(order.type.rawValue)-\(order.index)")).write(order)
        }
        try FileManager.default.moveItem(at: draft, to: attemptURL(attempt))
    }

    /// Reads the decided restarts, oldest first.
    func restarts() throws -> [RestartRecord] {
        try RecordFile.readRecord(url.appendingPathComponent("restarts.json")) ?? []
    }

    func writeRestarts(_ restarts: [RestartRecord]) throws {
        try RecordFile.writeRecord(restarts, to: url.appendingPathComponent("restarts.json"))
    }

    /// Records durably that the run was stopped, so that this attempt gets no verdict.
    ///
    /// - Parameter activeSeconds: how long the run has been active until now.
    func markStopped(attempt: Int, activeSeconds: Double) throws {
        try OwnFolder.make(attemptURL(attempt).path)
        try RecordFile.writeRecord(
            StopMark(activeSeconds: activeSeconds),
            to: attemptURL(attempt).appendingPathComponent("stop")
        )
    }

    /// Records durably that the attempt must end, so that late supervisors start no replica and the others know when to
    /// send signals. A schedule that was recorded before stays.
    func markEnding(attempt: Int, _ schedule: StopSchedule) throws {
        let file = attemptURL(attempt).appendingPathComponent(ReplicaFolder.endMark)
        guard !FileManager.default.fileExists(atPath: file.path) else { return }
        try OwnFolder.make(attemptURL(attempt).path)
        try RecordFile.writeRecord(schedule, to: file)
    }

    func isStopped(attempt: Int) -> Bool {
        FileManager.default.fileExists(atPath: attemptURL(attempt).appendingPathComponent("stop").path)
    }

    /// Returns how long a run had been active at the stop of an attempt. 0: unknown.
    func activeSeconds(atStopOf attempt: Int) -> Double {
        let mark: StopMark? = try? RecordFile.readRecord(attemptURL(attempt).appendingPathComponent("stop"))
        return mark?.activeSeconds ?? 0
    }

    /// Returns when the first replica of an attempt started. Nil: none has.
    func startTime(of attempt: Int) -> Date? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: attemptURL(attempt).path)) ?? []
        return names.compactMap { replica($0, attempt: attempt).child?.startTime }.min()
    }

    private func attemptURL(_ attempt: Int) -> URL { url.appendingPathComponent("attempt-\(attempt)") }
}
