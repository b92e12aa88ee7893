import EventFiles
import Foundation
import Jobs
import Platform

/// What is known of the steps of a run's training, and what the service shows of it.
struct StepReports: Sendable {
    private var history = StepHistory()
    /// The progress that the service shows. It changes less often than the steps do.
    private(set) var shown: RunProgress?
    /// The step of the newest checkpoint that the script reported.
    private(set) var savedStep: Int?
    /// The reader of `eventDir`. Nil: it was not needed so far.
    private var events: EventFolder?
    private var nextShow = Date.distantPast

    /// The newest step. Nil: none is known.
    var step: Int? { history.step }

    /// The most bytes of event files that are read at a time.
    private static let eventBudget = 8 << 20

    /// Reads what the script reported. The leader's report counts; without one, that of the replica with the most steps.
    ///
    /// - Returns: whether there is a report with a step.
    @discardableResult
    mutating func readReports(of replicas: some Collection<String>, leader: String?, in folder: RunFolder, at now: Date)
        -> Bool
    {
        let own = leader.flatMap(folder.progressReport)
        let others = own?.step == nil ? replicas.compactMap(folder.progressReport) : []
        savedStep = ([own] + others).compactMap { $0?.saved }.max() ?? savedStep
        guard let report = own?.step == nil ? others.max(by: { $0.step ?? -1 < $1.step ?? -1 }) : own,
            let step = report.step
        else { return false }
        // A script on this machine has the same clock, unless it reports what it likes.
        let time = report.time.map { min(now, max(now - 10, Date(timeIntervalSince1970: $0))) }
        history.record(step, of: report.of, at: time ?? now)
        return true
    }

    /// Reads the newest event of a script that reports no steps.
    ///
    /// - Parameters:
    ///   - path: the folder of the event files.
    ///   - start: when the run started. Older events are those of other runs.
    mutating func readEvents(in path: String, since start: Date, at now: Date) {
        var folder = events ?? EventFolder(path)
        var newest: EventFolder.Reading?
        let start = start.timeIntervalSince1970
        folder.readEvents(upTo: Self.eventBudget, changedSince: start) { event in
            if event.wallTime >= max(start, newest?.wallTime ?? start) { newest = event }
        }
        events = folder
        guard let newest, let step = Int(exactly: newest.step) else { return }
        history.record(step, of: nil, at: min(now, Date(timeIntervalSince1970: newest.wallTime)))
    }

    /// Whether the shown progress may change: each change is written to the journal.
    func isShowDue(at now: Date) -> Bool { now >= nextShow }

    /// Shows the current progress.
    ///
    /// - Parameter interval: the seconds until it may change again.
    mutating func show(at now: Date, interval: Double) {
        nextShow = now + interval
        shown = history.progress(at: now)
    }

    /// Begins to measure the rate again, because the replicas are stopped.
    mutating func interrupt() {
        history.interrupt()
    }
}

/// What a script reported through the module `tfjob`. The file belongs to the script, so it may have any content.
struct ProgressReport: Decodable {
    let step: Int?
    let of: Int?
    /// Seconds since 1970.
    let time: Double?
    /// The step of the newest checkpoint.
    let saved: Int?
}

extension RunFolder {
    /// The folder of the reports. With a user of its own, a run can write this folder and no record.
    private static let reports = "reports"
    private static let longestReport = 64 << 10

    /// The file through which a replica reports its progress, over all attempts.
    func progressFile(of replica: String) -> URL { url.appendingPathComponent("\(Self.reports)/\(replica).json") }

    /// Creates the folder of the reports.
    func prepareReports(_ user: ReplicaUser?) throws {
        let path = url.appendingPathComponent(Self.reports).path
        try OwnFolder.make(path)
        try user?.account.takeOwnership(of: path)
    }

    /// Reads the report of a replica. Nil: there is none that can be used.
    func progressReport(_ replica: String) -> ProgressReport? {
        guard let file = try? ReadableFile(below: url.path, [Self.reports, "\(replica).json"]), file.names == 1,
            let size = try? file.size, size <= Self.longestReport,
            let bytes = try? file.readBytes(at: 0, upTo: size)
        else { return nil }
        return try? JSONDecoder().decode(ProgressReport.self, from: Data(bytes))
    }
}
