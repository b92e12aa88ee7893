import GRDB
import GRDBSQLite

/// Executes one statement many times directly through SQLite: wrapping each argument for GRDB took much of the time of a first indexing.
@safe final class ManyRows {
    private let statement: Statement
    /// The texts of the next execution. SQLite reads them in place: each copy of its own costs an allocation and two locks.
    private let room = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 17)
    private var used = 0
    /// The number of parameters of a row.
    private let width: Int32
    /// The number of parameters before the next row.
    private var start: Int32 = 0
    /// Makes SQLite copy a text: `SQLITE_TRANSIENT`, <https://www.sqlite.org/c3ref/c_static.html>.
    private static let isCopied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// - Parameters:
    ///   - sql: an INSERT, UPDATE or DELETE with numbered parameters, for one row or more.
    ///   - width: the number of parameters of a row.
    init(_ sql: String, width: Int, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        self.width = Int32(width)
    }

    deinit {
        // The statement stays in the database's cache.
        unsafe sqlite3_clear_bindings(statement.sqliteStatement)
        unsafe room.deallocate()
    }

    /// Binds a parameter of the row.
    ///
    /// - Parameters:
    ///   - number: the number of the parameter in the row, from 1.
    ///   - value: nil for NULL.
    func bind(_ number: Int32, _ value: String?) throws {
        let index = start + number
        guard var value else { return try unsafe check(sqlite3_bind_null(statement.sqliteStatement, index)) }
        try check(
            value.withUTF8 { text in
                unsafe text.withMemoryRebound(to: CChar.self) { unsafe bind(index, $0) }
            }
        )
    }

    private func bind(_ index: Int32, _ text: UnsafeBufferPointer<CChar>) -> Int32 {
        let (statement, count) = unsafe (statement.sqliteStatement, Int32(text.count))
        guard unsafe text.count <= room.count - used else {
            return unsafe sqlite3_bind_text(statement, index, text.baseAddress, count, Self.isCopied)
        }
        let copy = unsafe UnsafeMutableBufferPointer(rebasing: room[used..<used + text.count])
        _ = unsafe copy.update(fromContentsOf: text)
        used += text.count
        return unsafe sqlite3_bind_text(statement, index, copy.baseAddress, count, nil)
    }

    /// Binds a parameter of the row.
    func bind(_ number: Int32, _ value: Int64) throws {
        try unsafe check(sqlite3_bind_int64(statement.sqliteStatement, start + number, value))
    }

    /// Ends a row whose parameters are all bound. After the last row of the statement, executes it.
    func endRow() throws {
        start += width
        if unsafe start >= sqlite3_bind_parameter_count(statement.sqliteStatement) {
            try execute()
        }
    }

    private func execute() throws {
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        let reset = unsafe sqlite3_reset(statement.sqliteStatement)
        (start, used) = (0, 0)
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
