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
        try await journal.recordCommit(
            CommitRecord(sha: "one", author: "ann@example.org", message: "A change"),
            changes: [
                JobFileChange(
                    key: key,
                    content: .file(
                        try ReadJobFile(blob: "blob", job: JournalScene.job(), issues: [JournalScene.issue])
                    ),
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
        #expect(try await JournalScene.openActions(in: journal).map { $0.prefix(6) } == ["create"])
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

    /// One letter is another: in the jobs themselves, or in an index of them.
    @Test(arguments: [
        "job", "job_dirty", "job_shown", "job_revision", "job_partition_revision",
    ])
    func `damage in the middle of a page is found at the start`(tree: String) async throws {
        let folder = try TemporaryFolder()
        try await fill(folder.url)
        let file = folder.url.appendingPathComponent("journal.sqlite")
        let (page, size) = try await DatabasePool(path: file.path).write { database in
            let page = try Int.fetchOne(
                database,
                sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?",
                arguments: [tree]
            )
            return (try #require(page), try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
        }
        var bytes = try Data(contentsOf: file)
        let start = (page - 1) * size
        let name = try #require(bytes[start..<(start + size)].range(of: Data("defaultteam-a".utf8)))
        bytes[name.lowerBound] = UInt8(ascii: "e")
        try bytes.write(to: file)
        let journal = try Journal(folder: folder.url)
        #expect(journal.setAside?.lastPathComponent == "journal.sqlite.damaged-1")
        #expect(try await journal.head() == nil)
    }

    @Test
    func `damage that is met in use is told at once, and the next start sets the file aside`() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("journal.sqlite")
        try await fill(folder.url)
        do {
            let journal = try Journal(folder: folder.url)
            #expect(journal.setAside == nil)
            try await journal.recordStatus(ServiceStatus(repositoryURL: "/srv/jobs.git", branch: "main"))
            #expect(try await journal.reader.status()?.stateError == nil)
            // All but the first page, which has the schema.
            for (path, offset) in [(file.path, 4096), (file.path + "-wal", 32)] {
                let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
                let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
                try handle.seek(toOffset: UInt64(offset))
                try handle.write(contentsOf: Data(repeating: 0x5A, count: max(0, size - offset)))
                try handle.close()
            }
            // A write: the connection that reads has read all of it before.
            let run = RunID(key: JournalScene.key, number: 1)
            let error = await #expect(throws: DatabaseError.self) { try await journal.replanMissing([run]) }
            #expect(error?.resultCode == .SQLITE_CORRUPT)
            try #require(try await journal.reader.status()?.stateError?.contains("is damaged") == true)
            var signals = journal.damage.makeAsyncIterator()
            await signals.next()
        }
        #expect(FileManager.default.fileExists(atPath: file.path + ".damaged"))
        let journal = try Journal(folder: folder.url)
        #expect(journal.setAside?.lastPathComponent == "journal.sqlite.damaged-1")
        #expect(try await journal.files().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: file.path + ".damaged"))
        try await fill(folder.url)
        #expect(try Journal(folder: folder.url).setAside == nil)
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
