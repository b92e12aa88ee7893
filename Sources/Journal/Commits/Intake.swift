import Foundation
import GRDB
import Jobs

/// Writes one commit into the journal, within one transaction.
struct Intake {
    private let database: Database
    private let commit: String
    private let now: DatabaseValue
    private var partitions: Set<PartitionKey> = []
    /// The partition of the last change: files come folder by folder.
    private var lastPartition: PartitionKey?
    /// The changed jobs that wait for others.
    private var dependents: Set<JobKey> = []
    private var issues: [Issue] = []

    init(database: Database, commit: String, now: Date) throws {
        self.database = database
        self.commit = commit
        self.now = now.databaseValue
    }

    /// Writes changed job files. Their jobs wait to be planned.
    mutating func storeChanges(_ changes: [JobFileChange]) throws {
        for change in changes {
            collectIssues(of: change)
        }
        try Definitions.store(changes, in: database)
        let (new, known) = try splitByRow(changes)
        var rows = try JobRows(commit: commit, in: database)
        if !new.isEmpty {
            let first = try Journal.revision(in: database)
            let last = try rows.insertRows(new, after: first)
            try planNewJobs(after: first, through: last)
        }
        for change in known {
            try rows.updateRow(change)
            try touch(change.key)
            try plan(change.key)
        }
    }

    private func splitByRow(_ changes: [JobFileChange]) throws -> (new: [JobFileChange], known: [JobFileChange]) {
        // Before the first change there are no rows.
        guard try Journal.revision(in: database) > 0 else { return (changes, []) }
        let statement = try database.cachedStatement(
            sql: "SELECT 1 FROM job WHERE cluster = ? AND partition = ? AND id = ?"
        )
        var split: (new: [JobFileChange], known: [JobFileChange]) = ([], [])
        for change in changes {
            let key = change.key
            if try Bool.fetchOne(statement, arguments: [key.cluster, key.partition, key.id]) ?? false {
                split.known.append(change)
            } else {
                split.new.append(change)
            }
        }
        return split
    }

    private mutating func collectIssues(of change: JobFileChange) {
        let partition = PartitionKey(of: change.key)
        if partition != lastPartition {
            partitions.insert(partition)
            lastPartition = partition
        }
        issues += change.issues
        if case .file(let file) = change.content, file.dependencies != nil {
            dependents.insert(change.key)
        }
    }

    /// Begins the actions of all new jobs at once. The action row already records that the commit changed the file. A job whose row was
    /// lost in a damaged file may still have actions.
    private func planNewJobs(after first: Int64, through last: Int64) throws {
        let span: StatementArguments = ["commit": commit, "first": first, "last": last]
        let hasOpen = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM action WHERE finished IS NULL)")
        )
        guard hasOpen ?? true else { return try database.executeCached(sql: Self.begin, arguments: span) }
        try database.executeCached(sql: Self.supersedeOlder, arguments: span + ["now": now])
        try database.executeCached(sql: "\(Self.begin) \(Self.unlessBegun)", arguments: span)
    }

    /// Writes the issues of a path that belongs to no job.
    mutating func storeStray(_ path: String, _ found: [Issue]) throws {
        try database.executeCached(sql: "DELETE FROM stray WHERE path = ?", arguments: [path])
        guard !found.isEmpty else { return }
        issues += found
        try database.executeCached(
            sql: "INSERT INTO stray (path, issues) VALUES (?, ?)",
            arguments: [path, StoredValue.text(found)]
        )
    }

    /// Adds issues of the commit itself.
    mutating func addNotes(_ notes: [Issue]) {
        issues += notes
    }

    /// Lets held deletes be carried out.
    mutating func releaseDeletes() throws {
        let rows = try Row.fetchAll(database, sql: "SELECT cluster, partition, id FROM job WHERE kept IS NOT NULL")
        for row in rows {
            try makeDirty(try row.key(), "kept = NULL")
        }
    }

    /// Holds the jobs that wait for one without a file, or for each other; releases those that no longer do.
    mutating func checkDependencies() throws {
        for partition in partitions {
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
                let key = JobKey(cluster: partition.cluster, partition: partition.partition, id: try row.value("id"))
                dependencies[key] = try StoredValue.read([Dependency].self, from: try row.value("dependencies"))
                known.updateValue(try row.value("unmet"), forKey: key)
            }
            let ids = try files(Set(dependencies.values.joined().map(\.id)), of: partition)
            let faults = DependencyCheck.faults(in: dependencies) { ids.contains($0.id) }
            for (key, unmet) in known {
                let text = try faults[key].map(StoredValue.text)
                guard text != unmet || dependents.contains(key) else { continue }
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

    /// The ids that have a file. A partition may have many more files.
    private func files(_ ids: Set<String>, of partition: PartitionKey) throws -> Set<String> {
        let statement = try database.cachedStatement(
            sql: "SELECT 1 FROM job WHERE cluster = ? AND partition = ? AND id = ? AND blob IS NOT NULL"
        )
        return try ids.filter { id in
            try Bool.fetchOne(statement, arguments: [partition.cluster, partition.partition, id]) ?? false
        }
    }

    /// The most issues in a commit's report; one more then says how many are left out.
    private static let mostReported = 1000

    /// Writes the issues for the commit's report.
    func storeIssues() throws {
        var issues = issues.sorted { ($0.path, $0.line, $0.column) < ($1.path, $1.line, $1.column) }
        let rest = issues.dropFirst(Self.mostReported)
        if !rest.isEmpty {
            let severity = rest.contains { $0.severity == .error } ? Issue.Severity.error : .warning
            let message = "and \(rest.count) more issues: correct these first"
            let last = Issue(path: JobPath.root, severity: severity, message: message)
            issues = issues.prefix(Self.mostReported) + [last]
        }
        try database.executeCached(
            sql: #"UPDATE "commit" SET issues = ? WHERE sha = ?"#,
            arguments: [try StoredValue.text(issues), commit]
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

    private func touch(_ key: JobKey) throws {
        try database.executeCached(
            sql: """
                INSERT INTO touch (cluster, partition, id, "commit", seen) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET seen = excluded.seen
                """,
            arguments: [key.cluster, key.partition, key.id, commit, now]
        )
    }

    /// Begins the action of this commit on a job. An open action of an older commit is superseded.
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
                SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (
                    SELECT 1 FROM action WHERE finished IS NULL AND "commit" = ?1 AND cluster = ?2 AND partition = ?3 AND id = ?4
                )
                """,
            arguments: [commit, key.cluster, key.partition, key.id]
        )
    }

    private static let supersedeOlder = """
        UPDATE action SET result = 'superseded', finished = :now WHERE number IN (
            SELECT open.number FROM job CROSS JOIN action AS open INDEXED BY action_unfinished
            ON open.cluster = job.cluster AND open.partition = job.partition AND open.id = job.id
            WHERE revision > :first AND revision <= :last AND finished IS NULL AND open."commit" <> :commit
        )
        """

    private static let begin = """
        INSERT INTO action ("commit", cluster, partition, id) SELECT :commit, cluster, partition, id
        FROM job WHERE revision > :first AND revision <= :last
        """

    private static let unlessBegun = """
        AND NOT EXISTS (
            SELECT 1 FROM action INDEXED BY action_unfinished WHERE finished IS NULL AND "commit" = :commit
            AND cluster = job.cluster AND partition = job.partition AND id = job.id
        )
        """
}
