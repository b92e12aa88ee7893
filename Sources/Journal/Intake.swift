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
    private let now: Date
    private var changed: Set<JobKey> = []
    private var issues: [Issue] = []

    init(database: Database, commit: String, now: Date) {
        self.database = database
        self.commit = commit
        self.now = now
    }

    /// Takes in a job file: the job waits to be planned.
    mutating func take(_ change: JobFileChange) throws {
        let key = change.key
        var row = StatementArguments([
            "cluster": key.cluster, "partition": key.partition, "id": key.id, "commit": commit,
        ])
        switch change.content {
        case .gone: row += Self.columns()
        case .kept(let reason):
            row += Self.columns(kept: reason)
            issues.append(Issue(path: key.path, severity: .warning, message: reason))
        case .file(let blob, let job, let found, let dependencies):
            row += Self.columns(
                blob: blob,
                job: try StoredJob.text(job),
                name: job?.name,
                issues: found.isEmpty ? "[]" : try StoredValue.text(found),
                dependencies: dependencies.isEmpty ? nil : try StoredValue.text(dependencies)
            )
            issues += found
        }
        try database.executeCached(sql: Self.upsert, arguments: row)
        try database.executeCached(
            sql: """
                INSERT INTO touch (cluster, partition, id, "commit", seen) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET seen = excluded.seen
                """,
            arguments: [key.cluster, key.partition, key.id, commit, now]
        )
        if let attribution = change.attribution {
            try Journal.set(attribution, of: key, in: database)
        }
        try plan(key)
        changed.insert(key)
    }

    private static func columns(
        blob: String? = nil,
        job: String? = nil,
        name: String? = nil,
        issues: String = "[]",
        dependencies: String? = nil,
        kept: String? = nil
    ) -> StatementArguments {
        [
            "blob": blob, "desired": job, "definition": dependencies == nil ? nil : job, "name": name, "issues": issues,
            "dependencies": dependencies, "kept": kept,
        ]
    }

    private static let upsert = """
        INSERT INTO job (cluster, partition, id, blob, desired, definition, issues, dependencies, kept, dirty, name)
        VALUES (:cluster, :partition, :id, :blob, :desired, :definition, :issues, :dependencies, :kept, :commit, coalesce(:name, :id))
        ON CONFLICT DO UPDATE SET blob = :blob, desired = :desired, definition = :definition, issues = :issues,
            dependencies = :dependencies, unmet = NULL, kept = :kept, fault = NULL, dirty = :commit,
            phase = CASE WHEN applied IS NULL THEN 'pending' ELSE phase END,
            status = CASE WHEN applied IS NULL THEN '{}' ELSE status END,
            name = CASE WHEN :desired IS NULL THEN name ELSE coalesce(:name, :id) END
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
                    SELECT id, dependencies, unmet FROM job
                    WHERE cluster = ? AND partition = ? AND dependencies IS NOT NULL
                    """,
                arguments: [partition.cluster, partition.partition]
            )
            guard !dependent.isEmpty else { continue }
            let ids = try Set(
                String.fetchAll(
                    database,
                    sql: "SELECT id FROM job WHERE cluster = ? AND partition = ? AND blob IS NOT NULL",
                    arguments: [partition.cluster, partition.partition]
                )
            )
            var dependencies: [JobKey: [Dependency]] = [:]
            var known: [JobKey: String?] = [:]
            for row in dependent {
                let key = JobKey(cluster: partition.cluster, partition: partition.partition, id: row["id"])
                dependencies[key] = try StoredValue.read([Dependency].self, from: row["dependencies"])
                known.updateValue(row["unmet"], forKey: key)
            }
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
        try database.executeCached(
            sql: """
                UPDATE action SET result = 'superseded', finished = ?
                WHERE finished IS NULL AND "commit" <> ? AND cluster = ? AND partition = ? AND id = ?
                """,
            arguments: [now, commit, key.cluster, key.partition, key.id]
        )
        try database.executeCached(
            sql: """
                INSERT INTO action ("commit", cluster, partition, id)
                SELECT :commit, :cluster, :partition, :id WHERE NOT EXISTS (
                    SELECT 1 FROM action WHERE finished IS NULL AND "commit" = :commit
                    AND cluster = :cluster AND partition = :partition AND id = :id
                )
                """,
            arguments: ["commit": commit, "cluster": key.cluster, "partition": key.partition, "id": key.id]
        )
    }
}
