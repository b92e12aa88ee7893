import Foundation
import GRDB
import Platform

/// The connections to the file; where one of them meets damage, that is kept in mind, and in the folder too.
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
            note(error)
            throw error
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.write(body)
        } catch {
            note(error)
            throw error
        }
    }

    func writeWithoutTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.writeWithoutTransaction(body)
        } catch {
            note(error)
            throw error
        }
    }

    private func note(_ error: any Error) {
        guard let damage = Damage.sentence(of: error) else { return }
        // The next start may find nothing wrong: a check does not see all that a statement stumbles upon.
        try? DurableFile.writeUnsynced([], to: DamageMark.path(of: path))
        board.noteDamage("the journal \(path) is damaged: \(damage)")
    }
}

/// An empty file beside a journal that has to be set aside at the next start.
enum DamageMark {
    static func path(of journal: String) -> String { journal + ".damaged" }
}

/// Which errors say that the file is bad, and what of it.
enum Damage {
    /// Nil for other errors. Without stored values: they may be secret.
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
    /// The codes by which SQLite says that the file itself is bad: <https://www.sqlite.org/rescode.html>.
    var isDamage: Bool { resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB }
}
