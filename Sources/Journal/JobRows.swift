import Foundation
import GRDB
import Jobs

/// The rows of jobs, as a commit makes them of the jobs' files.
struct JobRows {
    private let database: Database
    private let commit: String
    private let update: ManyRows
    /// Many files were changed at one time.
    private var times: [Date: String] = [:]

    init(commit: String, in database: Database) throws {
        (self.database, self.commit) = (database, commit)
        update = try ManyRows(Self.update, width: Self.width, in: database)
    }

    /// Adds jobs that are new, each with a revision of its own, see ``Journal/broughtRevisions``.
    ///
    /// - Parameters:
    ///   - changes: none of their jobs has a row.
    ///   - first: the newest revision that there is.
    /// - Returns: the newest one then.
    mutating func add(_ changes: [JobFileChange], after first: Int64) throws -> Int64 {
        let one = try ManyRows(Self.add(1), width: Self.width, in: database)
        let many = changes.count < Self.many ? one : try ManyRows(Self.add(Self.many), width: Self.width, in: database)
        let whole = changes.count / Self.many * Self.many
        for (index, change) in changes.enumerated() {
            let add = index < whole ? many : one
            try bind(change, to: add)
            try add.bind(15, first + Int64(index) + 1)
            try add.endRow()
        }
        let last = first + Int64(changes.count)
        try Journal.set(revision: last, in: database)
        return last
    }

    /// Makes of a job's row what the commit makes of its file.
    mutating func update(_ change: JobFileChange) throws {
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
    }

    /// As GRDB writes a date.
    private mutating func time(_ date: Date?) -> String? {
        guard let date else { return nil }
        if let known = times[date] { return known }
        let text = String.fromDatabaseValue(date.clamped.databaseValue)
        times[date] = text
        return text
    }

    /// How many parameters a job has.
    private static let width = 16
    /// So many jobs are added by one statement: that SQLite seeks the end of the table and of each index for each of them costs a third of
    /// the time.
    private static let many = 64

    private static func add(_ count: Int) -> String {
        let rows = (0..<count).map { row in
            func value(_ number: Int) -> String { "?\(row * width + number)" }
            let (file, job, dependencies) = ((4...9).map(value), value(5), value(7))
            return """
                (\(value(1)), \(value(2)), \(value(3)), \(file.joined(separator: ", ")), coalesce(\(value(10)), \(value(3))),
                 \((11...15).map(value).joined(separator: ", ")), \(value(15)), iif(\(dependencies) IS NULL, NULL, \(job)),
                 \(value(16)))
                """
        }
        return """
            INSERT INTO job (cluster, partition, id, blob, desired, issues, dependencies, kept, dirty, name,
                uid, created, updated, "commit", revision, born, definition, size)
            VALUES \(rows.joined(separator: ",\n"))
            """
    }

    /// What is not known of a file's history leaves what is.
    private static let update = """
        UPDATE job SET blob = ?4, desired = ?5, definition = iif(?7 IS NULL, NULL, ?5), issues = ?6,
            dependencies = ?7, unmet = NULL, kept = ?8, fault = NULL, dirty = ?9, size = ?16,
            phase = CASE WHEN applied IS NULL THEN 'pending' ELSE phase END,
            status = CASE WHEN applied IS NULL THEN '{}' ELSE status END,
            name = CASE WHEN ?5 IS NULL THEN name ELSE coalesce(?10, id) END,
            uid = coalesce(nullif(?11, ''), uid), created = coalesce(?12, created),
            updated = coalesce(?13, updated), "commit" = coalesce(nullif(?14, ''), "commit")
        WHERE cluster = ?1 AND partition = ?2 AND id = ?3
        """
}
