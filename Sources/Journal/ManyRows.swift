import GRDB
import GRDBSQLite

/// Executes a statement for many rows, with nothing between it and SQLite: of a first indexing's time, wrapping each argument for GRDB was a
/// large part.
struct ManyRows {
    private let statement: Statement
    /// SQLite copies what it is given: `SQLITE_TRANSIENT`, <https://www.sqlite.org/c3ref/c_static.html>.
    private static let isCopied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// - Parameter sql: an INSERT, UPDATE or DELETE with numbered parameters.
    init(_ sql: String, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
    }

    /// Gives a parameter its value, until another is given.
    ///
    /// - Parameters:
    ///   - index: the parameter's number, from 1.
    ///   - value: nil for NULL.
    func bind(_ index: Int32, _ value: String?) throws {
        guard var value else { return try unsafe check(sqlite3_bind_null(statement.sqliteStatement, index)) }
        try check(
            value.withUTF8 { text in
                unsafe text.withMemoryRebound(to: CChar.self) { text in
                    unsafe sqlite3_bind_text(
                        statement.sqliteStatement,
                        index,
                        text.baseAddress,
                        Int32(text.count),
                        Self.isCopied
                    )
                }
            }
        )
    }

    /// Gives a parameter its value, until another is given.
    func bind(_ index: Int32, _ value: Int64) throws {
        try unsafe check(sqlite3_bind_int64(statement.sqliteStatement, index, value))
    }

    /// Executes the statement.
    func execute() throws {
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        let reset = unsafe sqlite3_reset(statement.sqliteStatement)
        guard code == SQLITE_DONE else { return try check(reset == SQLITE_OK ? code : reset) }
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else {
            let message = unsafe sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement)).map {
                unsafe String(cString: $0)
            }
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
        }
    }
}
