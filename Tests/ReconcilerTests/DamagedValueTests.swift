import Foundation
import Jobs
import Journal
import Reconciler
import Synchronization
import TestSupport
import Testing

/// Random bytes in the journal. A value that no version writes counts as damage: the file is set aside and made again from git and from what
/// runs.
@Suite(.timeLimit(.minutes(hangLimit)))
struct DamagedValueTests {
    private func python(_ script: String, _ arguments: String...) async throws -> String {
        try await TestSupport.run(["python3", "-c", script] + arguments, in: "/")
    }

    private static let list = """
        import sqlite3, sys
        c = sqlite3.connect(sys.argv[1])
        for (table,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            for column in c.execute(f'PRAGMA table_info("{table}")'):
                print(table, column[1])
        """

    /// Overwrites a column in all rows, as far as the table's own rules let it.
    private static let damage = """
        import random, sqlite3, sys
        path, table, column, kind, seed = sys.argv[1:]
        r = random.Random(seed)
        c = sqlite3.connect(path)
        triggers = c.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            c.execute(f'DROP TRIGGER "{name}"')
        def value():
            data = r.randbytes(r.randrange(0, 40))
            return data if kind == "blob" else data.decode("latin-1")
        c.create_function("noise", 0, value)
        try:
            c.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = noise()')
        except sqlite3.IntegrityError:
            pass  # a column that holds numbers alone
        for _, sql in triggers:
            c.execute(sql)
        c.commit()
        c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        """

    @Test
    func `whatever a column holds, the service starts, restarts no run and forgets none`() async throws {
        let scene = try await ReconcilerScene()
        var before: [JobRecord] = []
        let ids = ["runs", "ended", "replaced"]
        var head = ""
        try await scene.reconciling {
            for id in ids { try scene.write(id) }
            try scene.write("waits") { $0.more = [#""dependsOn": ["runs"]"#] }
            try scene.repository.write("{", to: scene.path("broken"))
            try scene.repository.write("{}", to: "clusters/stray.json")
            try await scene.repository.publish()
            for id in ids {
                try await eventually("\(id) runs") { scene.backend.running.contains(scene.run(id, 1)) }
            }
            scene.backend.finish(scene.run("ended", 1), as: .succeeded)
            try scene.write("replaced") { $0.args = ["again"] }
            head = try await scene.repository.publish()
            try await eventually("all is noted") {
                let phases = [try await scene.record("ended")?.phase, try await scene.record("replaced")?.phase]
                return phases == [.succeeded, .running] && scene.backend.running.contains(scene.run("replaced", 2))
            }
            for id in ids { before.append(try #require(try await scene.record(id))) }
        }
        let starts = scene.backend.requests.count
        let columns = try await python(Self.list, scene.folder.path("journal.sqlite")).split(separator: "\n")
        #expect(columns.count > 40)
        var setAside = 0
        let kinds = ["blob", "text"]
        print("DamagedValueTests: TEST_SEED=\(SeededGenerator.seed)")
        var generator = SeededGenerator(seed: SeededGenerator.seed)
        for (number, column) in columns.enumerated() {
            let parts = column.split(separator: " ").map(String.init)
            let first = Int(generator.next() % 2)
            for next in sweep(1, full: 2) {
                let kind = kinds[(first + next) % 2]
                let folder = scene.folder.url.appendingPathComponent("\(parts[0])-\(parts[1])-\(kind)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                let copy = folder.appendingPathComponent("journal.sqlite").path
                let backup = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))"
                _ = try await python(backup, scene.folder.path("journal.sqlite"), copy)
                _ = try await python(Self.damage, copy, parts[0], parts[1], kind, "\(SeededGenerator.seed) \(number)")
                let what = "\(column), \(kind)"
                setAside += try await open(folder, scene, head, before, what) ? 1 : 0
                #expect(scene.backend.requests.count == starts, "\(what): a run was started again")
            }
        }
        #expect(setAside > 10)
    }

    /// Starts the service as often as its journal is found damaged.
    ///
    /// - Returns: whether it was set aside.
    private func open(
        _ folder: URL,
        _ scene: ReconcilerScene,
        _ head: String,
        _ before: [JobRecord],
        _ what: String
    ) async throws -> Bool {
        for start in 1...3 {
            let journal = try Journal(folder: folder)
            let isDamaged = Mutex(false)
            let watch = Task {
                for await _ in journal.damage { isDamaged.withLock { $0 = true } }
            }
            defer { watch.cancel() }
            let isWhole = try await scene.reconciling(journal: journal) {
                var difference = ""
                do {
                    return try await firstValue("all is as before, or it is damaged") { () async throws -> Bool? in
                        if isDamaged.withLock(\.self) { return false }
                        do {
                            guard let found = try await self.difference(journal, scene, head, before) else {
                                return true
                            }
                            difference = found
                        } catch {
                            difference = "\(error)"
                        }
                        return nil
                    }
                } catch {
                    throw NeverHappened(description: "\(what): \(error): \(difference)")
                }
            }
            if isWhole { return journal.setAside != nil }
            #expect(start < 3, "\(what): damaged again and again")
        }
        return true
    }

    /// - Returns: what is not as it was; nil where all is.
    private func difference(
        _ journal: Journal,
        _ scene: ReconcilerScene,
        _ head: String,
        _ before: [JobRecord]
    ) async throws -> String? {
        guard try await journal.head() == head else { return "the commit" }
        for record in before {
            let now = try await journal.reader.job(record.key)
            guard now?.phase == record.phase, now?.run == record.run else {
                return "\(record.key) is \(now.map { "\($0.phase), run \($0.run)" } ?? "gone")"
            }
        }
        // Every other surface answers, too.
        let query = JobQuery(cluster: "default", partition: "team-a")
        _ = try await journal.reader.page(query, bytes: .max) { _, _ in nil }
        _ = try await journal.reader.history(of: scene.key("runs"))
        _ = try await journal.reader.commit(head)
        _ = try await journal.reader.actionCounts()
        _ = try await journal.reader.clusters()
        _ = try await journal.reader.partitions(of: "default")
        _ = try await journal.reader.backlog()
        _ = try await journal.reader.mark()
        let open = try await journal.dirtyJobs(limit: 1, except: [scene.key("waits")])
        return open.first.map { "\($0.key) waits to be planned" }
    }
}
