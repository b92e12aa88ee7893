import Foundation
import GRDB
import Jobs
import TestSupport
import Testing

@testable import Journal

/// Each definition is kept once.
struct DefinitionTests {
    private func change(_ id: String, _ job: Job?) throws -> JobFileChange {
        let key = JobKey(cluster: "default", partition: "team-a", id: id)
        let content = try job.map {
            JobFileChange.Content.file(try ReadJobFile(blob: "blob of \(id)", job: $0, size: 100, issues: []))
        }
        return JobFileChange(key: key, content: content ?? .gone, attribution: nil)
    }

    private func count(_ journal: Journal) async throws -> Int {
        try await journal.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM definition") ?? -1 }
    }

    @Test
    func `a hundred files with the same job, applied or not, keep one definition, and what nobody has goes`()
        async throws
    {
        let folder = try TemporaryFolder()
        let journal = try Journal(folder: folder.url)
        let commit = { CommitRecord(sha: $0, author: "", message: "") }
        var job = JournalScene.job()
        job.args = Array(repeating: String(repeating: "x", count: 100_000), count: 5)
        let many = try (0..<100).map { try change("job-\($0)", job) }
        try await journal.recordCommit(commit("one"), changes: many, now: Date())
        let records = try await journal.dirtyJobs(limit: 1000)
        let intents = records.map { Intent(commit: "one", key: $0.key, kind: .create, run: 1) }
        for (number, intent) in zip(try await journal.intend(intents, now: Date()), intents) {
            try await journal.conclude(
                number,
                intent,
                outcome: .done,
                job: job,
                status: RunStatus(phase: .running),
                now: Date()
            )
        }
        #expect(try await count(journal) == 1)
        let size = try FileManager.default.attributesOfItem(atPath: journal.path)[.size] as? Int ?? .max
        #expect(size < 4 << 20)
        #expect(try await journal.reader.job(many[7].key)?.applied == job)

        job.description = "Another"
        try await journal.recordCommit(commit("two"), changes: [try change("job-0", job)], now: Date())
        #expect(try await count(journal) == 2)
        #expect(try await journal.reader.job(many[0].key)?.desired == job)
        try await journal.recordCommit(commit("three"), changes: [try change("job-0", nil)], now: Date())
        let reopened = try Journal(folder: folder.url)
        #expect(try await count(reopened) == 1)
        #expect(try await reopened.fileTotals().files == 99)
        #expect(try await reopened.fileTotals().bytes == 9900)
    }

    @Test
    func `large jobs end a page early, and the pages have all of them`() async throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(folder: folder.url)
        var job = JournalScene.job()
        job.args = [String(repeating: "x", count: 100_000)]
        let many = try (0..<30).map { try change("job-\(10 + $0)", job) }
        try await journal.recordCommit(CommitRecord(sha: "one", author: "", message: ""), changes: many, now: Date())
        var query = JobQuery(cluster: "default", partition: "team-a")
        var keys: [JobKey] = []
        var pages = 0
        repeat {
            let page = try await journal.reader.page(query, bytes: 1_000_000) { key, _ in
                // As a caller that has some of them.
                key.id.hasSuffix("3") ? 100_000 : nil
            }
            #expect((1...10).contains(page.entries.count))
            keys += page.entries.map(\.key)
            query.after = page.next
            pages += 1
        } while query.after != nil
        #expect(keys == many.map(\.key))
        #expect(pages > 3)
        // A job that is larger than a page is a page of its own.
        #expect(try await journal.reader.page(query, bytes: 10) { _, _ in nil }.entries.count == 1)
    }
}
