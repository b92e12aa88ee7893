import GRDB

extension Journal {
    /// So many changed jobs make a transaction a large one.
    private static let many = 1000
    /// How many pages of the write-ahead log make SQLite copy it into the file: its own default,
    /// <https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint>.
    private static let checkpointPages = 1000

    /// Makes room for a transaction of many jobs.
    ///
    /// SQLite keeps what it changes in memory until its end, 64 MiB at the most: else each page goes to the disk again and again. And the
    /// write-ahead log is copied into the file after it beside all else, not in the transaction's own time.
    ///
    /// - Parameter jobCount: how many jobs the transaction changes.
    func withRoom(for jobCount: Int, _ body: () async throws -> Void) async throws {
        guard jobCount > Self.many else { return try await body() }
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

    /// Copies the write-ahead log into the file, by a connection of its own: nobody waits for it. Where it does not succeed, a later
    /// commit does it.
    private func checkpoint() {
        Task.detached { [path] in
            _ = try? DatabaseQueue(path: path).writeWithoutTransaction { try $0.checkpoint(.passive) }
        }
    }
}
