import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// The time that runs ran, at jobs, at runs and in histories.
@Suite
struct ActiveTimeTests {
    private static let key = JournalScene.key

    private static func at(_ seconds: Double) -> Date { JournalScene.now.addingTimeInterval(seconds) }

    private static func running(since seconds: Double) -> RunStatus {
        let replica = ReplicaStatus(type: .worker, index: 0, state: .running, startTime: at(seconds))
        return RunStatus(phase: .running, startTime: at(seconds), replicas: [replica])
    }

    private func observe(_ status: RunStatus, run: Int = 1, at seconds: Double, _ scene: JournalScene) async throws {
        try await scene.journal.observe(RunID(key: Self.key, number: run), status, now: Self.at(seconds))
    }

    /// Carries out an action. One that stops a run takes 4 s for it, and the backend keeps nothing of the run.
    private func act(
        _ kind: ActionKind,
        run: Int,
        stops: Bool = false,
        _ status: RunStatus?,
        at seconds: Double,
        _ scene: JournalScene
    ) async throws {
        let commit = "\(kind)\(Int(seconds))"
        try await scene.takeIn(commit, kind == .delete ? nil : JournalScene.job(commit))
        let intent = Intent(commit: commit, key: Self.key, kind: kind, run: run)
        for number in try await scene.journal.intend([intent], now: Self.at(seconds)) {
            try await scene.journal.conclude(
                number,
                intent,
                outcome: .done,
                job: kind == .delete ? nil : JournalScene.job(commit),
                status: status,
                stopped: stops ? StoppedRun(status: nil, duration: .seconds(4)) : nil,
                now: Self.at(seconds)
            )
        }
    }

    /// Each item of the history: action, run, phase, seconds, and when the current part began.
    private func rows(_ scene: JournalScene) async throws -> [String] {
        try await scene.journal.reader.history(of: Self.key)?.items.map { item in
            let since = item.run?.active?.since.map { " since \(Int($0.timeIntervalSince(JournalScene.now)))" } ?? ""
            return """
                \(item.action?.rawValue ?? "-") \(item.run?.number ?? 0) \(item.run?.phase ?? "-") \
                \(item.run?.active.map { "\($0.past)" } ?? "-")\(since)
                """
        } ?? []
    }

    @Test
    func `each item of a history has the phase and the time of its own part`() async throws {
        let scene = try JournalScene()
        try await act(.create, run: 1, RunStatus(), at: 0, scene)
        try await observe(Self.running(since: 2), at: 3, scene)
        #expect(try await scene.record()?.active == ActiveTime(past: 0, since: Self.at(2)))
        var suspended = Self.running(since: 2)
        suspended.suspend()
        try await act(.suspend, run: 1, stops: true, suspended, at: 16, scene)
        let stopped = try #require(try await scene.record())
        #expect(stopped.active == ActiveTime(past: 10))
        #expect(stopped.status.replicas.map(\.state) == [.pending])
        try await act(.resume, run: 1, RunStatus(), at: 100, scene)
        try await observe(Self.running(since: 102), at: 103, scene)
        let resumed = try #require(try await scene.record())
        #expect(resumed.active == ActiveTime(past: 10, since: Self.at(102)))
        #expect(resumed.startTime == Self.at(2))
        #expect(
            try await rows(scene) == [
                "resume 1 running 10.0 since 102", "suspend 1 suspended 10.0", "create 1 suspended 10.0",
            ]
        )

        try await act(.replace, run: 2, stops: true, RunStatus(), at: 109, scene)
        try await observe(Self.running(since: 110), run: 2, at: 111, scene)
        var failed = Self.running(since: 110)
        (failed.phase, failed.completionTime) = (.failed, Self.at(117.5))
        try await observe(failed, run: 2, at: 118, scene)
        try await act(.update, run: 2, nil, at: 500, scene)
        #expect(
            try await rows(scene) == [
                "update 2 failed 7.5", "replace 2 failed 7.5", "resume 1 stopped 13.0", "suspend 1 suspended 10.0",
                "create 1 suspended 10.0",
            ]
        )
        let runs = try await scene.journal.reader.runRecords(of: Self.key)?.items.map(\.active)
        #expect(runs == [ActiveTime(past: 7.5), ActiveTime(past: 13)])
    }

    @Test
    func `only unfinished jobs and recent ends are listed, and the others are counted`() async throws {
        let scene = try JournalScene()
        for (id, end) in [("runs", nil), ("old", 100), ("new", 200), ("older", 50)] as [(String, Double?)] {
            let key = JobKey(cluster: "default", partition: "team-a", id: id)
            try await scene.takeIn(id, JournalScene.job(), key: key)
            let intent = Intent(commit: id, key: key, kind: .create, run: 1)
            for number in try await scene.journal.intend([intent], now: JournalScene.now) {
                try await scene.journal.conclude(
                    number,
                    intent,
                    outcome: .done,
                    job: JournalScene.job(),
                    status: RunStatus(),
                    now: JournalScene.now
                )
            }
            var status = Self.running(since: 1)
            if let end { (status.phase, status.completionTime) = (.succeeded, Self.at(end)) }
            try await scene.journal.observe(RunID(key: key, number: 1), status, now: Self.at(300))
        }
        for (since, phases, ids, others) in [
            (150, [], ["new", "runs"], 2), (100, [], ["new", "old", "runs"], 1), (201, [], ["runs"], 3),
            (150, [.succeeded], ["new"], 2), (150, [.running, .failed], ["runs"], 0), (nil, [.succeeded], nil, nil),
        ] as [(Double?, [Phase], [String]?, Int?)] {
            var query = JobQuery(cluster: "default", partition: "team-a")
            query.endedSince = since.map(Self.at)
            query.phases = phases
            let page = try await scene.journal.reader.page(query, bytes: .max) { _, _ in nil }
            #expect(page.entries.map(\.key.id) == ids ?? ["new", "old", "older"])
            #expect(page.total == page.entries.count)
            #expect(page.endedBefore == others)
            // The other of the two ways to ask.
            let records = try await scene.journal.reader.jobs(query, changedAfter: 0, through: .max >> 1, limit: 10)
            #expect(records.changes.allSatisfy { query.matches($0.record) })
            #expect(records.changes.count == page.total)
        }
    }
}
