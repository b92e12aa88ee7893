import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// Who changed a job file last, and whose commit a run uses.
@Suite
struct AuthorTests {
    private func push(_ commit: String, _ attribution: Attribution, _ scene: JournalScene) async throws {
        let file = try ReadJobFile(blob: "blob of \(commit)", job: JournalScene.job(commit), issues: [])
        try await scene.journal.recordCommit(
            CommitRecord(sha: commit, author: "\(commit)@example.org", message: "A change"),
            changes: [JobFileChange(key: JournalScene.key, content: .file(file), attribution: attribution)],
            now: JournalScene.now
        )
    }

    @Test
    func `the author is that of the last commit of the file, and the run keeps that of its own`() async throws {
        let scene = try JournalScene()
        try await push("ann", Attribution(uid: "ann@example.org", commit: "ann", author: "ann@example.org"), scene)
        let intent = Intent(commit: "ann", key: JournalScene.key, kind: .create, run: 1)
        for number in try await scene.journal.intend([intent], now: JournalScene.now) {
            try await scene.journal.conclude(
                number,
                intent,
                outcome: .done,
                job: JournalScene.job("ann"),
                runCommit: "ann",
                status: RunStatus(),
                now: JournalScene.now
            )
        }
        try await push("bob", Attribution(commit: "bob", author: "bob@example.org"), scene)
        let record = try #require(try await scene.record())
        #expect(record.attribution.uid == "ann@example.org")
        #expect(record.attribution.author == "bob@example.org")
        #expect(record.attribution.commit == "bob")
        #expect(record.runAuthor == "ann@example.org")
    }

    @Test
    func `the authors that an earlier version did not record are filled in`() async throws {
        let scene = try JournalScene()
        try await push("ann", Attribution(uid: "ann@example.org", commit: "ann"), scene)
        let unknown = try await scene.journal.unknownAuthors()
        #expect(unknown.map(\.key) == [JournalScene.key] && unknown.map(\.commit) == ["ann"])
        let before = try await scene.journal.reader.mark().revision
        try await scene.journal.recordAuthors(unknown.map { ($0, "ann@example.org") })
        #expect(try await scene.record()?.attribution.author == "ann@example.org")
        #expect(try await scene.journal.reader.mark().revision == before + 1)
        #expect(try await scene.journal.unknownAuthors().isEmpty)
        try await push("bob", Attribution(commit: "bob", author: "bob@example.org"), scene)
        try await scene.journal.recordAuthors(unknown.map { ($0, "late@example.org") })
        #expect(try await scene.record()?.attribution.author == "bob@example.org")
    }
}
