public import struct Foundation.Date

/// Something that happened to a run: it was queued, a replica exited, it restarted.
public struct RunEvent: Hashable, Sendable {
    /// How serious an event is, in the words of Kubernetes' events.
    public enum Kind: String, Sendable, Codable {
        case normal = "Normal"
        /// Somebody may have to do something.
        case warning = "Warning"
    }

    /// What happened, in one word.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        /// The service planned the run, or is about to resume it.
        case queued = "Queued"
        /// The run can't start, and the message says why. It is tried again.
        case held = "Held"
        /// The run was accepted, and what it waits for changed.
        case waiting = "Waiting"
        /// The first replica started, for the first time or after a suspension.
        case started = "Started"
        /// The main process of a replica ended.
        case exited = "Exited"
        /// A restart was decided.
        case restarting = "Restarting"
        /// The replicas of a restart started.
        case restarted = "Restarted"
        /// A suspension, a replacement or a delete ended the replicas.
        case stopped = "Stopped"
        case succeeded = "Succeeded"
        case failed = "Failed"
    }

    /// When it happened. A backend that does not know the time gives the one at which the service noticed.
    public let time: Date
    /// The number of the run.
    public let run: Int
    /// The ``ReplicaStatus/name`` of the replica; nil if the event is one of the run as a whole.
    public let replica: String?
    /// Whether somebody may have to do something.
    public let kind: Kind
    /// What happened, for programs.
    public let reason: Reason
    /// A sentence for people, without secrets.
    public let message: String

    /// Creates an event; by default a normal one of the run as a whole.
    public init(
        _ reason: Reason,
        _ message: String,
        run: Int,
        at time: Date,
        replica: String? = nil,
        kind: Kind = .normal
    ) {
        self.time = time
        self.run = run
        self.replica = replica
        self.kind = kind
        self.reason = reason
        self.message = message
    }
}

extension RunEvent {
    /// The events between two observations of a run, oldest first.
    ///
    /// A run may have restarted between them: then the exits, the restart and the new start are all found. A run that has
    /// finished has no more events.
    ///
    /// - Parameters:
    ///   - before: the earlier status; nil if the run was never observed.
    ///   - after: the later status.
    ///   - run: the number of the run.
    ///   - backoffLimit: how many restarts the run may have; nil if unknown.
    ///   - now: the time of what has none of its own.
    public static func between(
        _ before: RunStatus?,
        and after: RunStatus,
        run: Int,
        backoffLimit: Int?,
        now: Date
    ) -> [RunEvent] {
        let before = before ?? RunStatus()
        guard !before.phase.isFinal else { return [] }
        var events = exits(before, after, run, now)
        let wasRestarted = after.restarts ?? 0 > before.restarts ?? 0
        if wasRestarted {
            let time = events.map(\.time).max() ?? now
            events.append(RunEvent(.restarting, after.message, run: run, at: time, kind: .warning))
        }
        if let waiting = waiting(before, after, run, now) {
            events.append(waiting)
        }
        if let start = start(before, after, run, backoffLimit, wasRestarted) {
            events.append(start)
        }
        if after.phase.isFinal {
            let time = after.completionTime ?? now
            events.append(
                after.phase == .succeeded
                    ? RunEvent(.succeeded, "succeeded", run: run, at: time)
                    : RunEvent(.failed, after.message, run: run, at: time, kind: .warning)
            )
        }
        return events
    }

    /// How many replicas with the same exit have an event each. More have one event together.
    private static let mostExits = 8

    private static func exits(_ before: RunStatus, _ after: RunStatus, _ run: Int, _ now: Date) -> [RunEvent] {
        let known = Dictionary(before.replicas.map { ($0.name, $0.lastExit) }) { first, _ in first }
        let ended = after.replicas.compactMap { replica -> RunEvent? in
            guard let exit = replica.lastExit, known[replica.name] != exit else { return nil }
            return RunEvent(
                .exited,
                exit.text,
                run: run,
                at: exit.time ?? now,
                replica: replica.name,
                kind: exit.isFailure ? .warning : .normal
            )
        }
        var events: [RunEvent] = []
        for (message, group) in Dictionary(grouping: ended, by: \.message) {
            if group.count <= mostExits {
                events += group
            } else if let first = group.first, let last = group.max(by: { $0.time < $1.time }) {
                let text = "\(message): \(group.count) replicas, the first is \(first.replica ?? "")"
                events.append(RunEvent(.exited, text, run: run, at: last.time, kind: first.kind))
            }
        }
        return events.sorted { ($0.time, $0.replica ?? "") < ($1.time, $1.replica ?? "") }
    }

    /// Why a run that was accepted does not run yet, if this changed.
    private static func waiting(_ before: RunStatus, _ after: RunStatus, _ run: Int, _ now: Date) -> RunEvent? {
        let isWaiting = [.pending, .preparing, .queued].contains(after.phase)
        guard isWaiting, !after.message.isEmpty, after.message != before.message else { return nil }
        let kind = after.phase == .pending ? Kind.warning : .normal
        return RunEvent(.waiting, after.message, run: run, at: now, kind: kind)
    }

    private static func start(
        _ before: RunStatus,
        _ after: RunStatus,
        _ run: Int,
        _ backoffLimit: Int?,
        _ wasRestarted: Bool
    ) -> RunEvent? {
        let starts = Dictionary(before.replicas.map { ($0.name, $0.startTime) }) { first, _ in first }
        let times = after.replicas.compactMap { $0.startTime != starts[$0.name] ? $0.startTime : nil }
        // The replicas may be unknown.
        let isUp = after.phase == .running || after.phase.isFinal
        let known = before.startTime == nil && isUp ? after.startTime : nil
        guard let time = times.min() ?? known else { return nil }
        if wasRestarted || before.phase == .restarting, after.phase != .restarting {
            let limit = backoffLimit.map { " of \($0)" } ?? ""
            return RunEvent(.restarted, "restarted \(after.restarts ?? 0)\(limit)", run: run, at: time)
        }
        let wasDown = [.pending, .preparing, .queued, .held, .suspended].contains(before.phase)
        guard before.startTime == nil || wasDown else { return nil }
        let isFirst = after.startTime.map { $0 >= time } ?? true
        return RunEvent(.started, isFirst ? "started" : "started again", run: run, at: time)
    }

    /// The event of an ordered stop.
    ///
    /// - Parameters:
    ///   - duration: how long it took from the request until the last process was gone.
    ///   - step: the step of the newest checkpoint; nil if the script did not report one.
    ///   - run: the number of the run.
    ///   - now: the time.
    public static func stopped(after duration: Duration, savedAt step: Int?, run: Int, now: Date) -> RunEvent {
        let seconds = Int((duration / .seconds(1)).rounded())
        let saved = step.map { ", saved at step \($0)" } ?? ""
        return RunEvent(.stopped, "stopped after \(seconds) s\(saved)", run: run, at: now)
    }
}

/// How the main process of a replica ended.
public struct ReplicaExit: Hashable, Sendable, Codable {
    /// Nil: unknown.
    public let time: Date?
    /// The exit code, 128 + n for signal n. Nil: unknown, or the process could not be started.
    public let code: Int?
    /// What else is known, for example `killed, out of memory (2.1Gi of 2Gi)`; empty if nothing.
    public let detail: String
    /// Whether the service had asked it to end. Then no code means a failure.
    public let wasStopped: Bool

    /// Creates an exit.
    public init(time: Date?, code: Int?, detail: String = "", wasStopped: Bool = false) {
        self.time = time
        self.code = code
        self.detail = detail
        self.wasStopped = wasStopped
    }

    /// Whether the run has to answer it.
    public var isFailure: Bool { code != 0 && !wasStopped }

    /// `exited 137: killed, out of memory (2.1Gi of 2Gi)`.
    public var text: String {
        let code = code.map { "exited \($0)" } ?? "ended"
        return code + (detail.isEmpty ? "" : ": \(detail)")
    }
}
