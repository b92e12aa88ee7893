import Foundation
import GRDB
import Jobs
import Journal
import TestSupport
import Testing

@Suite
struct FileTests {
    /// Journals are opened and let go of within these functions, as by services one after the other.
    private func fill(_ folder: URL) async throws {
        let journal = try Journal(folder: folder)
        let key = JournalScene.key
        try await journal.takeIn(
            CommitRecord(sha: "one", author: "ann@example.org", message: "A change"),
            changes: [
                JobFileChange(
                    key: key,
                    content: .file(blob: "blob", job: JournalScene.job(), issues: [JournalScene.issue]),
                    attribution: Attribution(uid: "ann@example.org", created: JournalScene.now, commit: "one")
                )
            ],
            now: JournalScene.now
        )
        let intent = Intent(commit: "one", key: key, kind: .create, run: 1)
        _ = try await journal.intend([intent], now: JournalScene.now)
        _ = try await journal.adopt(
            RunObservation(
                id: RunID(key: key, number: 1),
                job: JournalScene.job(),
                commit: "one",
                status: RunStatus(phase: .running, startTime: JournalScene.now)
            )
        )
    }

    @Test
    func `a journal that is opened again has everything`() async throws {
        let folder = try TemporaryFolder()
        try await fill(folder.url)
        let journal = try Journal(folder: folder.url)
        #expect(journal.setAside == nil)
        #expect(try await journal.head() == "one")
        #expect(try await journal.openIntents().map(\.kind) == [.create])
        let record = try #require(try await journal.reader.job(JournalScene.key))
        #expect(record.blob == "blob")
        #expect(record.desired == JournalScene.job())
        #expect(record.appliedJob == AppliedJob(job: JournalScene.job(), run: 1))
        #expect(record.status == RunStatus(phase: .running, startTime: JournalScene.now))
        #expect(record.issues == [JournalScene.issue])
        #expect(record.dirty == "one")
        #expect(
            record.attribution == Attribution(uid: "ann@example.org", created: JournalScene.now, commit: "one")
        )
    }

    @Test
    func `a reader of another opening sees what was written`() async throws {
        let scene = try JournalScene()
        let reader = try Journal(folder: scene.folder.url).reader
        try await scene.takeIn("one", JournalScene.job())
        #expect(try await reader.head() == "one")
    }

    @Test(arguments: [0, 1 << 12])
    func `a damaged file is set aside as it is, and the journal begins anew`(offset: Int) async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("journal.sqlite")
        let damage = Data(repeating: 0x5A, count: 4096)
        try await fill(folder.url)
        for number in 1...2 {
            let handle = try FileHandle(forUpdating: file)
            try handle.seek(toOffset: UInt64(offset))
            try handle.write(contentsOf: damage)
            try handle.close()

            let journal = try Journal(folder: folder.url)
            let aside = try #require(journal.setAside)
            #expect(aside.lastPathComponent == "journal.sqlite.damaged-\(number)")
            #expect(try Data(contentsOf: aside)[offset...].starts(with: damage))
            #expect(try await journal.head() == nil)
            #expect(try await journal.files().isEmpty)
            try await fill(folder.url)
        }
    }

    @Test
    func `a journal of a newer version is refused and left alone`() async throws {
        let folder = try TemporaryFolder()
        try await fill(folder.url)
        try await DatabasePool(path: folder.path("journal.sqlite")).write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9: of the future')")
        }
        let error = #expect(throws: JournalError.self) { try Journal(folder: folder.url) }
        #expect(error?.description.contains("newer version") == true)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(!names.contains { $0.contains("damaged") })
    }

    @Test
    func `a folder that is not there is told by its path`() throws {
        let folder = try TemporaryFolder()
        let absent = folder.url.appendingPathComponent("absent")
        let error = #expect(throws: JournalError.self) { try Journal(folder: absent) }
        #expect(error?.description.contains("absent/journal.sqlite can't be opened") == true)
    }
}
