import Foundation
import GRDB
import Platform

/// The connections to the file. Damage that one of them meets is recorded, also by a file in the folder.
struct GuardedPool: Sendable {
    private let pool: DatabasePool
    private let board: StatusBoard

    init(_ pool: DatabasePool, board: StatusBoard) {
        self.pool = pool
        self.board = board
    }

    var path: String { pool.path }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            recordDamage(error)
            throw error
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            recordDamage(error)
            throw error
        }
    }

    func writeWithoutTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.writeWithoutTransaction(body)
        } catch {
            recordDamage(error)
            throw error
        }
    }

    private func recordDamage(_ error: any Error) {
        guard let damage = Damage.sentence(of: error) else { return }
        // The next start may find nothing wrong: its check does not find everything that a statement finds.
        try? DurableFile.writeUnsynced([], to: DamageMark.path(of: path))
        board.recordDamage("the journal \(path) is damaged: \(damage)")
    }
}

/// An empty file beside a journal that is set aside at the next start.
enum DamageMark {
    static func path(of journal: String) -> String { journal + ".damaged" }
}

/// The errors that mean a damaged file.
enum Damage {
    /// Describes the damage; nil for other errors. It has no stored values, because they may be secret.
    static func sentence(of error: any Error) -> String? {
        switch error {
        case let error as DatabaseError: error.isDamage ? error.message ?? "\(error.resultCode)" : nil
        case let error as StoredValueFault: error.description
        case is RowDecodingError: "a stored value can't be read"
        default: nil
        }
    }
}

extension DatabaseError {
    /// Whether the code means that the file itself is damaged: <https://www.sqlite.org/rescode.html>.
    var isDamage: Bool { resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB }
}

extension Database {
    /// Executes a statement that is compiled once: compiling took most of the time of a first indexing.
    func executeCached(sql: String, arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
