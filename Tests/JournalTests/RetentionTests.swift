import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Journal

@Suite
struct RetentionTests {
    /// A run in the journal: how it ended, and how many days ago.
    private struct Row {
        var id = "mnist"
        let number: Int
        var phase = "succeeded"
        var days: Double?
    }

    private static let now = JournalScene.now

    private func insert(_ rows: [Row], jobs: [(id: String, run: Int, isInForce: Bool)], _ journal: Journal) async throws
    {
        try await journal.write { database in
            for job in jobs {
                try database.execute(
                    sql: """
                        INSERT INTO job (cluster, partition, id, run, applied, revision, born) VALUES ('c', 'p', ?, ?, ?, 1, 1)
                        """,
                    arguments: [job.id, job.run, job.isInForce ? "hash" : nil]
                )
            }
            for row in rows {
                try database.execute(
                    sql: """
                        INSERT INTO run (cluster, partition, id, number, "commit", phase, completed)
                        VALUES ('c', 'p', ?, ?, 'a', ?, ?)
                        """,
                    arguments: [
                        row.id, row.number, row.phase, row.days.map { Self.now.addingTimeInterval(-$0 * 86_400) },
                    ]
                )
            }
        }
    }

    private func forgotten(
        _ rows: [Row],
        jobs: [(id: String, run: Int, isInForce: Bool)],
        keeping count: Int = 2
    ) async throws -> [String] {
        let scene = try JournalScene()
        try await insert(rows, jobs: jobs, scene.journal)
        let runs = try await scene.journal.runsToForget(
            keeping: count,
            endedBefore: Self.now.addingTimeInterval(-30 * 86_400),
            limit: 100
        )
        try await scene.journal.forgetRuns(runs)
        let left = try await scene.journal.runsToForget(
            keeping: count,
            endedBefore: Self.now.addingTimeInterval(-30 * 86_400),
            limit: 100
        )
        #expect(left.isEmpty)
        return runs.map { "\($0.key.id) \($0.number)" }.sorted()
    }

    @Test
    func `the newest runs of a job stay, by number`() async throws {
        let rows = (1...4).map { Row(number: $0, days: 1) }
        #expect(try await forgotten(rows, jobs: [("mnist", 4, true)]) == ["mnist 1", "mnist 2"])
    }

    @Test
    func `what ended long ago goes, but never the run in force`() async throws {
        let rows = [Row(number: 1, days: 40), Row(number: 2, phase: "failed", days: 35)]
        #expect(try await forgotten(rows, jobs: [("mnist", 2, true)]) == ["mnist 1"])
        #expect(try await forgotten(rows, jobs: [("mnist", 2, false)]) == ["mnist 1", "mnist 2"])
        #expect(try await forgotten(rows, jobs: []) == ["mnist 1", "mnist 2"])
    }

    @Test(arguments: ["running", "suspended", "queued", "restarting", "unknown"])
    func `a run that is not over stays`(phase: String) async throws {
        let rows = (1...4).map { Row(number: $0, phase: phase, days: 40) }
        #expect(try await forgotten(rows, jobs: [("mnist", 4, true)]) == [])
    }

    @Test
    func `a run without times goes by its number alone`() async throws {
        let rows = (1...3).map { Row(number: $0, phase: "stopped") }
        #expect(try await forgotten(rows, jobs: [("mnist", 3, true)]) == ["mnist 1"])
    }

    @Test
    func `actions stay in the totals, and commits go when nothing names them`() async throws {
        let scene = try JournalScene()
        let day: @Sendable (Double) -> Date = { Self.now.addingTimeInterval(-$0 * 86_400) }
        try await scene.journal.write { database in
            for (number, days) in [(1, 40.0), (2, 35), (3, 1)] {
                try database.execute(
                    sql: """
                        INSERT INTO action ("commit", cluster, partition, id, kind, run, intended, finished, result)
                        VALUES (?, 'c', 'p', 'mnist', 'update', ?, ?, ?, 'done')
                        """,
                    arguments: ["commit \(number)", number, day(days), day(days)]
                )
            }
            for (number, days) in [(0, 50.0), (1, 40), (2, 35), (3, 1)] {
                try database.execute(
                    sql: """
                        INSERT INTO "commit" (sha, author, message, seen, superseded) VALUES (?, 'ann', 'm', ?, 0)
                        """,
                    arguments: ["commit \(number)", day(days)]
                )
            }
        }
        let before = try await scene.journal.reader.actionCounts()
        try await scene.journal.forgetCommits(before: day(30))
        #expect(try await scene.journal.reader.actionCounts() == before)
        let left = try await scene.journal.pool.read {
            try String.fetchAll($0, sql: #"SELECT sha FROM "commit" ORDER BY 1"#)
        }
        #expect(left == ["commit 3"])
    }

    @Test
    func `a file that is mostly empty gets smaller`() async throws {
        let scene = try JournalScene()
        let path = scene.journal.path
        try await scene.journal.write { database in
            for number in 0..<40_000 {
                try database.execute(
                    sql: "INSERT INTO environment (hash, text) VALUES (?, ?)",
                    arguments: ["\(number)", String(repeating: "x", count: 1000)]
                )
            }
        }
        #expect(try await scene.journal.compact() == false)
        try await scene.journal.forgetCommits(before: Self.now)
        #expect(try await scene.journal.compact() == true)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(size.map { $0 < 2 << 20 } == true, "\(size ?? -1)")
    }
}
