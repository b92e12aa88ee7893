public import Foundation
import GRDB
import Platform
import SystemPackage

/// What was seen in the repository, intended, done and observed: one SQLite file in the state folder.
///
/// It is written by one service at a time (the lock on the state folder sees to that) and read by any number of readers
/// beside it. Every write is durable when the call returns (`synchronous=FULL`): an intent outlives a `kill -9` and a power cut.
public struct Journal: Sendable {
    let pool: GuardedPool
    let board = StatusBoard()
    /// Told of each write, so that a test can stop the process there; nil in the service.
    let probe: (@Sendable (WriteMoment, _ write: String) -> Void)?
    private let feed = RevisionFeed()
    let garbage = DefinitionGarbage()

    /// Where a damaged file went, if this start found one; the service then rebuilds from git and the backends.
    public let setAside: URL?

    /// Opens the journal in a state folder, making it where there is none.
    ///
    /// A file that is not a healthy SQLite database, or that an earlier service met damage in, is moved to `journal.sqlite.damaged-<n>` and a
    /// new one is begun.
    ///
    /// - Throws: ``JournalError`` where the folder can't be written, or the file was made by a newer version.
    public init(folder: URL) throws(JournalError) {
        try self.init(folder: folder, probe: nil, trace: nil)
    }

    /// Opens a journal that tells of its writes, each by the name of the function that makes it, and of its statements.
    package init(
        folder: URL,
        probe: (@Sendable (WriteMoment, _ write: String) -> Void)?,
        trace: (@Sendable (_ sql: String) -> Void)? = nil
    ) throws(JournalError) {
        self.probe = probe
        let file = folder.appendingPathComponent("journal.sqlite")
        let connections: DatabasePool
        do {
            if FileManager.default.fileExists(atPath: DamageMark.path(of: file.path)) {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it was damaged when it was last used")
            }
            connections = try Self.open(file, trace)
            setAside = nil
        } catch  where Damage.sentence(of: error) != nil {
            do {
                setAside = try Self.moveAway(file)
                connections = try Self.open(file, trace)
            } catch {
                throw JournalError("\(file.path) is damaged and can't be replaced: \(error)")
            }
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError("\(file.path) can't be opened: \(error)")
        }
        connections.add(transactionObserver: feed, extent: .observerLifetime)
        pool = GuardedPool(connections, board: board)
    }

    /// Where the file is.
    public var path: String { pool.path }

    /// A signal when SQLite first meets damage in the file. Then it is to be opened anew, which sets it aside. One consumer.
    public var damage: AsyncStream<Void> { board.damage }

    /// A reader of this journal, for those who must not write.
    public var reader: JournalReader { JournalReader(database: pool, board: board, feed: feed) }

    private static func open(
        _ file: URL,
        _ trace: (@Sendable (String) -> Void)?
    ) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // Of a new file. A row of more than a quarter of a page goes into pages of its own, as that of a long job would.
            // https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages
            try database.execute(sql: "PRAGMA page_size = 8192")
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Each statement with a trigger keeps the pages that it changes until its end: in memory, not in a file.
            // https://www.sqlite.org/tempfiles.html#statement_journal_files
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            if let trace {
                database.trace { trace("\($0)") }
            }
        }
        try close(file)
        let pool = try DatabasePool(path: file.path, configuration: configuration)
        // Not `quick_check`, which does not hold the indexes against their tables: a job that one of them lacks is never planned.
        let health = try pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
        guard health == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: health) }
        try bringUpToDate(pool, file)
        // On a full disk it is done another time.
        try? pool.write(Definitions.removeUnused)
        // What cannot be read shows at the start.
        try pool.read { database in
            _ = try head(in: database)
            _ = try revision(in: database)
        }
        return pool
    }

    private static func bringUpToDate(_ pool: DatabasePool, _ file: URL) throws {
        let migrator = migrations
        let unknown = try pool.read(migrator.appliedIdentifiers).subtracting(migrator.migrations)
        if let name = unknown.first {
            guard unknown.allSatisfy({ $0.wholeMatch(of: /[0-9]+: .+/) != nil }) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT,
                    message: "its list of versions has \(name.count) odd characters"
                )
            }
            throw JournalError(
                "\(file.path) was written by a newer version of tfjob-admin; run that version, or a newer one"
            )
        }
        do {
            try migrator.migrate(pool)
        } catch let error as DatabaseError where [.SQLITE_ERROR, .SQLITE_CONSTRAINT].contains(error.resultCode) {
            // Its tables are not those that its list of versions promises.
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: error.message)
        }
    }

    /// Keeps other users from reading the file, whatever the umask: SQLite gives its other files the same mode.
    private static func close(_ file: URL) throws(PlatformError) {
        if !FileManager.default.fileExists(atPath: file.path) {
            try DurableFile.write([], to: file.path)
        }
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file.path + suffix) {
            try OwnFolder.set(.ownerReadWrite, of: file.path + suffix)
        }
    }

    /// The mark goes last: a service that is killed in between finds it again, and sets aside what is there then.
    private static func moveAway(_ file: URL) throws -> URL {
        let manager = FileManager.default
        var number = 1
        while manager.fileExists(atPath: "\(file.path).damaged-\(number)") {
            number += 1
        }
        let target = URL(fileURLWithPath: "\(file.path).damaged-\(number)")
        for suffix in ["", "-wal", "-shm"] where manager.fileExists(atPath: file.path + suffix) {
            try manager.moveItem(atPath: file.path + suffix, toPath: target.path + suffix)
        }
        let mark = DamageMark.path(of: file.path)
        if manager.fileExists(atPath: mark) {
            try manager.removeItem(atPath: mark)
        }
        return target
    }
}

/// Why the journal can't be used: a sentence for the operator.
public struct JournalError: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
