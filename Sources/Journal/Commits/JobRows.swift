import Foundation
import GRDB
import Jobs

/// Writes the rows of jobs whose files a commit changed.
struct JobRows {
    private let database: Database
    private let commit: String
    private let update: ManyRows
    /// The texts of dates: many files were changed at the same time.
    private var times: [Date: String] = [:]

    init(commit: String, in database: Database) throws {
        (self.database, self.commit) = (database, commit)
        update = try ManyRows(Self.update, width: Self.width, in: database)
    }

    /// Inserts new jobs, each with its own revision, see ``Journal/broughtRevisions``.
    ///
    /// - Parameters:
    ///   - changes: changes of jobs without a row.
    ///   - first: the newest revision before.
    /// - Returns: the newest revision after.
    mutating func insertRows(_ changes: [JobFileChange], after first: Int64) throws -> Int64 {
        let one = try ManyRows(Self.insert(1), width: Self.width, in: database)
        let many =
            changes.count < Self.many ? one : try ManyRows(Self.insert(Self.many), width: Self.width, in: database)
        let whole = changes.count / Self.many * Self.many
        for (index, change) in changes.enumerated() {
            let insert = index < whole ? many : one
            try bind(change, to: insert)
            try insert.bind(15, first + Int64(index) + 1)
            try insert.endRow()
        }
        let last = first + Int64(changes.count)
        try Journal.setRevision(last, in: database)
        return last
    }

    mutating func updateRow(_ change: JobFileChange) throws {
        try bind(change, to: update)
        try update.endRow()
    }

    private mutating func bind(_ change: JobFileChange, to statement: ManyRows) throws {
        try statement.bind(1, change.key.cluster)
        try statement.bind(2, change.key.partition)
        try statement.bind(3, change.key.id)
        var file: ReadJobFile?
        var kept: String?
        switch change.content {
        case .gone: break
        case .kept(let reason): kept = reason
        case .file(let read): file = read
        }
        try statement.bind(4, file?.blob)
        try statement.bind(5, file?.hash)
        try statement.bind(6, file?.issuesText ?? StoredValue.noIssues)
        try statement.bind(7, file?.dependencies)
        try statement.bind(8, kept)
        try statement.bind(9, commit)
        try statement.bind(10, file?.name)
        try statement.bind(11, change.attribution?.uid ?? "")
        try statement.bind(12, time(change.attribution?.created))
        try statement.bind(13, time(change.attribution?.updated))
        try statement.bind(14, change.attribution?.commit ?? "")
        try statement.bind(16, Int64(file?.size ?? 0))
        try statement.bind(17, change.attribution?.author ?? "")
    }

    /// A date as GRDB writes it.
    private mutating func time(_ date: Date?) -> String? {
        guard let date else { return nil }
        if let known = times[date] { return known }
        let text = String.fromDatabaseValue(date.clamped.databaseValue)
        times[date] = text
        return text
    }

    /// The number of parameters of a row.
    private static let width = 17
    /// How many rows one statement inserts. Single inserts take half as long again, because SQLite seeks in the table and in each index
    /// for each row.
    private static let many = 64

    private static func insert(_ count: Int) -> String {
        let rows = (0..<count).map { row in
            func value(_ number: Int) -> String { "?\(row * width + number)" }
            let (file, job, dependencies) = ((4...9).map(value), value(5), value(7))
            return """
                (\(value(1)), \(value(2)), \(value(3)), \(file.joined(separator: ", ")), coalesce(\(value(10)), \(value(3))),
                 \((11...15).map(value).joined(separator: ", ")), \(value(15)), iif(\(dependencies) IS NULL, NULL, \(job)),
                 \(value(16)), \(value(17)))
                """
        }
        return """
            INSERT INTO job (cluster, partition, id, blob, desired, issues, dependencies, kept, dirty, name,
                uid, created, updated, "commit", revision, born, definition, size, author)
            VALUES \(rows.joined(separator: ",\n"))
            """
    }

    /// Unknown parts of a file's attribution keep the known ones.
    private static let update = """
        UPDATE job SET blob = ?4, desired = ?5, definition = iif(?7 IS NULL, NULL, ?5), issues = ?6,
            dependencies = ?7, unmet = NULL, kept = ?8, fault = NULL, dirty = ?9, size = ?16,
            phase = CASE WHEN applied IS NULL THEN 'pending' ELSE phase END,
            status = CASE WHEN applied IS NULL THEN '{}' ELSE status END,
            name = CASE WHEN ?5 IS NULL THEN name ELSE coalesce(?10, id) END,
            uid = coalesce(nullif(?11, ''), uid), created = coalesce(?12, created),
            updated = coalesce(?13, updated), "commit" = coalesce(nullif(?14, ''), "commit"),
            author = iif(?14 = '', author, ?17)
        WHERE cluster = ?1 AND partition = ?2 AND id = ?3
        """
}
