public import Foundation
import GRDB
import Platform
import SystemPackage

/// Stores what the service read, intended, did and observed: one SQLite file in the state folder.
///
/// One service writes it at a time, under the lock on the state folder; any number of readers read it meanwhile. An intent
/// outlives a `kill -9` when the call returns. A power cut can lose the newest writes, because GRDB sets
/// `synchronous=NORMAL` in WAL mode: <https://www.sqlite.org/pragma.html#pragma_synchronous>. The service finds the runs of
/// lost intents again among those that the backends report.
public struct Journal: Sendable {
    let pool: GuardedPool
    let board = StatusBoard()
    /// Called before and after each write, so that a test can stop the process there; nil in the service.
    let probe: (@Sendable (WriteMoment, _ write: String) -> Void)?
    private let feed = RevisionFeed()
    private let runs = RunCounter()
    /// What the service has measured since its start.
    public let measurements = Measurements()
    let garbage = DefinitionGarbage()
    /// Room for the file when the disk is full: so deletes and suspensions, which make room, can be recorded.
    let reserve: SpaceReserve

    /// The new place of a damaged file; nil if the file was healthy. The service then rebuilds from git and the backends.
    public let setAside: URL?

    /// Opens the journal in a state folder, or creates it.
    ///
    /// A damaged file is moved to `journal.sqlite.damaged-<n>`, and a new one is created.
    ///
    /// - Throws: ``JournalError`` if the folder can't be written, or a newer version wrote the file.
    public init(folder: URL) throws(JournalError) {
        try self.init(folder: folder, probe: nil, trace: nil)
    }

    /// Opens a journal that calls back at its writes, each by the name of its function, and at its statements.
    package init(
        folder: URL,
        probe: (@Sendable (WriteMoment, _ write: String) -> Void)?,
        trace: (@Sendable (_ sql: String) -> Void)? = nil
    ) throws(JournalError) {
        self.probe = probe
        reserve = SpaceReserve(in: folder.path)
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
        if let event = try? connections.read(Self.lastEvent) {
            runs.begin(after: event)
        }
    }

    /// The path of the file.
    public var path: String { pool.path }

    /// A signal when SQLite first meets damage in the file. A journal that is then opened sets the file aside. One consumer.
    public var damage: AsyncStream<Void> { board.damage }

    /// What ``damage`` is about, as a sentence; nil without damage.
    public var damageText: String? { board.damageText }

    /// A reader of this journal, for code that must not write.
    public var reader: JournalReader {
        JournalReader(database: pool, board: board, feed: feed, runs: runs, measurements: measurements)
    }

    private static func open(
        _ file: URL,
        _ trace: (@Sendable (String) -> Void)?
    ) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // For a new file. A row of more than a quarter of a page, as that of a long job, goes into pages of its own.
            // https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages
            try database.execute(sql: "PRAGMA page_size = 8192")
            // A statement with a trigger keeps the pages that it changes until its end: in memory, not in a file.
            // https://www.sqlite.org/tempfiles.html#statement_journal_files
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            if let trace {
                database.trace { trace("\($0)") }
            }
        }
        try restrictAccess(to: file)
        let pool = try DatabasePool(path: file.path, configuration: configuration)
        // Not `quick_check`, which does not compare indexes with their tables: a job that an index lacks is never planned.
        let health = try pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
        guard health == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: health) }
        try bringUpToDate(pool, file)
        // On a full disk, a later start does this.
        try? pool.write(Definitions.removeUnused)
        try? pool.write(replanFailedActions)
        // Values that can't be read show at the start.
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
            // Its tables don't match its list of versions.
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: error.message)
        }
    }

    /// Keeps other users from reading the file, whatever the umask. SQLite gives its other files the same mode.
    private static func restrictAccess(to file: URL) throws(PlatformError) {
        if !FileManager.default.fileExists(atPath: file.path) {
            try DurableFile.write([], to: file.path)
        }
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file.path + suffix) {
            try OwnFolder.set(.ownerReadWrite, of: file.path + suffix)
        }
    }

    /// Moves a damaged file away. The mark goes last: after a kill, the next start finds it and moves the rest.
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
