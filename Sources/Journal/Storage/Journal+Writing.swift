import Foundation
import GRDB
import Platform

extension Journal {
    /// The moments of a write at which a test is called.
    package enum WriteMoment: Sendable {
        /// Nothing has been written yet.
        case before
        /// Everything is on the disk.
        case after
    }

    /// Writes in one durable transaction.
    ///
    /// If the file can't be written, for example on a full disk, ``ServiceStatus/stateError`` says so until a write succeeds.
    ///
    /// - Parameters:
    ///   - name: the name of the write for tests: the function that makes it.
    ///   - change: writes.
    func write<Value: Sendable>(
        named name: String = #function,
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        probe?(.before, name)
        let value: Value
        do {
            do {
                value = try await pool.write(change)
            } catch let error as DatabaseError where Self.isDiskFull(error) && reserve.release() {
                value = try await pool.write(change)
            }
        } catch let error as DatabaseError {
            if error.resultCode != .SQLITE_INTERRUPT, error.resultCode != .SQLITE_ABORT {
                board.recordFault("the journal \(path) can't be written: \(error.message ?? "\(error.resultCode)")")
            }
            throw error
        }
        board.recordFault(nil)
        probe?(.after, name)
        return value
    }

    /// Whether there was no room for a write. The shared memory of the log can't grow on a full disk either.
    private static func isDiskFull(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_FULL || error.extendedResultCode == .SQLITE_IOERR_SHMSIZE
    }

    /// Checks whether files can be created in the state folder. The open journal may still be writable where they can't: below a disk that
    /// was mounted read-only, or in a folder that lost its rights.
    ///
    /// ``ServiceStatus/stateError`` shows the fault while it lasts.
    ///
    /// - Returns: the fault, if it is new.
    public func checkFolder() -> String? {
        let folder = URL(fileURLWithPath: pool.path).deletingLastPathComponent().path
        let isWritable = FileManager.default.isWritableFile(atPath: folder)
        let fault = "the state folder \(folder) can't be written; is its disk read-only, or has it another owner?"
        if isWritable, board.fault == nil {
            reserve.make()
        }
        return board.recordFolderFault(isWritable ? nil : fault) && !isWritable ? fault : nil
    }
}

extension Journal {
    /// The number of jobs from which on a transaction is large.
    private static let largeCount = 1000
    /// The pages of the write-ahead log after which SQLite copies it into the file. Its own default:
    /// <https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint>.
    private static let checkpointPages = 1000

    /// Runs a transaction that changes many jobs with more memory.
    ///
    /// SQLite then keeps changed pages in memory, up to 64 MiB, and does not write each of them several times. The write-ahead log is
    /// copied into the file after the transaction, and delays nobody.
    ///
    /// - Parameter jobCount: how many jobs the transaction changes.
    func withRoom(for jobCount: Int, _ body: () async throws -> Void) async throws {
        guard jobCount > Self.largeCount else { return try await body() }
        try await pool.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 0")
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        // -2000 is SQLite's own default: https://www.sqlite.org/pragma.html#pragma_cache_size
        try await pool.writeWithoutTransaction {
            try $0.execute(
                sql: """
                    PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = \(Self.checkpointPages); PRAGMA shrink_memory
                    """
            )
        }
        try result.get()
        checkpoint()
    }

    /// Copies the write-ahead log into the file on a connection of its own. If that fails, a later commit does it.
    private func checkpoint() {
        Task.detached { [path] in
            _ = try? DatabaseQueue(path: path).writeWithoutTransaction { try $0.checkpoint(.passive) }
        }
    }
}
