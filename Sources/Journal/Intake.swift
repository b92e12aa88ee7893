import Foundation
import GRDB
import Jobs

/// One commit on its way into the journal, within one transaction.
struct Intake {
    private struct Partition: Hashable {
        let cluster: String
        let partition: String
    }

    private let database: Database
    private let commit: String
    private let now: DatabaseValue
    private let upsert: Statement
    private let touch: Statement
    private let supersede: Statement
    private let begin: Statement
    private var changed: Set<JobKey> = []
    private var issues: [Issue] = []
    /// Many files were changed at one time.
    private var times: [Date: DatabaseValue] = [:]

    init(database: Database, commit: String, now: Date) throws {
        self.database = database
        self.commit = commit
        self.now = now.databaseValue
        upsert = try database.cachedStatement(sql: Self.upsert)
        touch = try database.cachedStatement(sql: Self.touch)
        supersede = try database.cachedStatement(sql: Self.supersede)
        begin = try database.cachedStatement(sql: Self.begin)
    }

    /// Takes in a job file: the job waits to be planned.
    mutating func take(_ row: IntakeRow) throws {
        let key = row.key
        issues += row.issues
        let attribution = row.attribution
        upsert.setUncheckedArguments([
            key.cluster, key.partition, key.id, row.blob, row.job, row.issuesText, row.dependencies, row.kept, commit,
            row.name,
            attribution?.uid ?? "", time(attribution?.created), time(attribution?.updated), attribution?.commit ?? "",
        ])
        try upsert.execute()
        touch.setUncheckedArguments([key.cluster, key.partition, key.id, commit, now])
        try touch.execute()
        try plan(key)
        changed.insert(key)
    }

    private mutating func time(_ date: Date?) -> DatabaseValue {
        guard let date else { return .null }
        if let known = times[date] { return known }
        let value = date.databaseValue
        times[date] = value
        return value
    }

    /// What is not known of a file's history leaves what is.
    private static let upsert = """
        INSERT INTO job (cluster, partition, id, blob, desired, definition, issues, dependencies, kept, dirty, name,
            uid, created, updated, "commit")
        VALUES (?1, ?2, ?3, ?4, ?5, iif(?7 IS NULL, NULL, ?5), ?6, ?7, ?8, ?9, coalesce(?10, ?3), ?11, ?12, ?13, ?14)
        ON CONFLICT DO UPDATE SET blob = ?4, desired = ?5, definition = excluded.definition, issues = ?6,
            dependencies = ?7, unmet = NULL, kept = ?8, fault = NULL, dirty = ?9,
            phase = CASE WHEN applied IS NULL THEN 'pending' ELSE phase END,
            status = CASE WHEN applied IS NULL THEN '{}' ELSE status END,
            name = CASE WHEN ?5 IS NULL THEN name ELSE coalesce(?10, id) END,
            uid = coalesce(nullif(?11, ''), uid), created = coalesce(?12, created),
            updated = coalesce(?13, updated), "commit" = coalesce(nullif(?14, ''), "commit")
        """

    private static let touch = """
        INSERT INTO touch (cluster, partition, id, "commit", seen) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET seen = excluded.seen
        """

    /// Takes in what is wrong with a path that is no job's.
    mutating func take(stray path: String, _ found: [Issue]) throws {
        try database.executeCached(sql: "DELETE FROM stray WHERE path = ?", arguments: [path])
        guard !found.isEmpty else { return }
        issues += found
        try database.executeCached(
            sql: "INSERT INTO stray (path, issues) VALUES (?, ?)",
            arguments: [path, StoredValue.text(found)]
        )
    }

    /// Makes the deletes that wait for a word be carried out.
    mutating func releaseDeletes() throws {
        let rows = try Row.fetchAll(database, sql: "SELECT cluster, partition, id FROM job WHERE kept IS NOT NULL")
        for row in rows {
            let key = JobKey(cluster: row["cluster"], partition: row["partition"], id: row["id"])
            try makeDirty(key, "kept = NULL")
        }
    }

    /// Holds the jobs that wait for one that has no file, or for each other; lets go those that don't any more.
    mutating func checkDependencies() throws {
        for partition in Set(changed.map { Partition(cluster: $0.cluster, partition: $0.partition) }) {
            let dependent = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, dependencies, unmet FROM job INDEXED BY job_dependencies
                    WHERE cluster = ? AND partition = ? AND dependencies IS NOT NULL
                    """,
                arguments: [partition.cluster, partition.partition]
            )
            guard !dependent.isEmpty else { continue }
            var dependencies: [JobKey: [Dependency]] = [:]
            var known: [JobKey: String?] = [:]
            for row in dependent {
                let key = JobKey(cluster: partition.cluster, partition: partition.partition, id: row["id"])
                dependencies[key] = try StoredValue.read([Dependency].self, from: row["dependencies"])
                known.updateValue(row["unmet"], forKey: key)
            }
            let ids = try files(Set(dependencies.values.joined().map(\.id)), of: partition)
            let faults = DependencyCheck.faults(in: dependencies) { ids.contains($0.id) }
            for (key, unmet) in known {
                let text = try faults[key].map(StoredValue.text)
                guard text != unmet || changed.contains(key) else { continue }
                issues += faults[key] ?? []
                guard text != unmet else { continue }
                try makeDirty(
                    key,
                    "unmet = :unmet, desired = CASE WHEN :unmet IS NULL THEN definition ELSE NULL END",
                    ["unmet": text]
                )
            }
        }
    }

    /// Those of some ids of which there is a file. A partition may have many more.
    private func files(_ ids: Set<String>, of partition: Partition) throws -> Set<String> {
        let statement = try database.cachedStatement(
            sql: "SELECT 1 FROM job WHERE cluster = ? AND partition = ? AND id = ? AND blob IS NOT NULL"
        )
        return try ids.filter { id in
            try Bool.fetchOne(statement, arguments: [partition.cluster, partition.partition, id]) ?? false
        }
    }

    /// Keeps what was found wrong for the commit's report.
    func noteIssues() throws {
        try database.executeCached(
            sql: #"UPDATE "commit" SET issues = ? WHERE sha = ?"#,
            arguments: [
                try StoredValue.text(issues.sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }),
                commit,
            ]
        )
    }

    private func makeDirty(_ key: JobKey, _ change: String, _ arguments: StatementArguments = [:]) throws {
        try database.executeCached(
            sql: """
                UPDATE job SET \(change), fault = NULL, dirty = :commit WHERE cluster = :cluster AND partition = :partition AND id = :id
                """,
            arguments: arguments
                + ["commit": commit, "cluster": key.cluster, "partition": key.partition, "id": key.id]
        )
        try plan(key)
    }

    /// Begins the report of what this commit does to a job; what an older one was to do is superseded.
    private func plan(_ key: JobKey) throws {
        supersede.setUncheckedArguments([now, commit, key.cluster, key.partition, key.id])
        try supersede.execute()
        begin.setUncheckedArguments([commit, key.cluster, key.partition, key.id])
        try begin.execute()
    }

    private static let supersede = """
        UPDATE action SET result = 'superseded', finished = ?
        WHERE finished IS NULL AND "commit" <> ? AND cluster = ? AND partition = ? AND id = ?
        """

    private static let begin = """
        INSERT INTO action ("commit", cluster, partition, id)
        SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (
            SELECT 1 FROM action WHERE finished IS NULL AND "commit" = ?1 AND cluster = ?2 AND partition = ?3 AND id = ?4
        )
        """
}
