public import Foundation
import GRDB
public import Jobs

extension Journal {
    /// The jobs whose newest change has not been carried out, in the order of their keys.
    ///
    /// - Parameters:
    ///   - cluster: only those of this cluster; nil for all.
    ///   - limit: at most so many.
    ///   - excluded: jobs to pass over, those that are being worked on.
    public func dirtyJobs(
        of cluster: String? = nil,
        limit: Int,
        except excluded: Set<JobKey> = []
    ) async throws -> [JobRecord] {
        try await pool.read { database in
            // By itself SQLite reads the whole cluster.
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(JobRecord.columns) FROM job INDEXED BY job_dirty
                    WHERE dirty IS NOT NULL \(cluster == nil ? "" : "AND cluster = :cluster")
                    ORDER BY cluster, partition, id
                    """,
                arguments: cluster.map { ["cluster": $0] } ?? [:]
            )
            var jobs: [JobRecord] = []
            while jobs.count < limit, let row = try rows.next() {
                let key = try row.key()
                if !excluded.contains(key) {
                    jobs.append(try JobRecord(row: row))
                }
            }
            return jobs
        }
    }

    /// The clusters with such jobs, sorted.
    public func dirtyClusters() async throws -> [String] {
        try await pool.read { database in
            // From one to the next by the index: many jobs may wait in each.
            let sql = "SELECT min(cluster) FROM job WHERE dirty IS NOT NULL AND cluster > ?"
            var clusters: [String] = []
            while let next = try String.fetchOne(database, sql: sql, arguments: [clusters.last ?? ""]) {
                try StoredValueFault.check(next, after: clusters.last)
                clusters.append(next)
            }
            return clusters
        }
    }

    /// Writes down what is about to be done, before any backend is called.
    ///
    /// - Returns: the actions' numbers, in the order of the intents.
    public func intend(_ intents: [Intent], now: Date) async throws -> [Int64] {
        try await write { database in
            try intents.map { try Self.begin($0, now: now, in: database) }
        }
    }

    private static func begin(_ intent: Intent, now: Date, in database: Database) throws -> Int64 {
        let key = intent.key
        let planned = try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT number FROM action
                    WHERE finished IS NULL AND "commit" = ? AND cluster = ? AND partition = ? AND id = ?
                    """
            ),
            arguments: [intent.commit, key.cluster, key.partition, key.id]
        )
        if let planned {
            try database.executeCached(
                sql: "UPDATE action SET kind = ?, run = ?, intended = ? WHERE number = ?",
                arguments: [intent.kind.rawValue, intent.run, now, planned]
            )
            return planned
        }
        try database.executeCached(
            sql: """
                INSERT INTO action ("commit", cluster, partition, id, kind, run, intended) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                intent.commit, key.cluster, key.partition, key.id, intent.kind.rawValue, intent.run, now,
            ]
        )
        return database.lastInsertedRowID
    }

    /// Says that nothing was to be done for jobs whose file changed.
    ///
    /// - Parameter jobs: each with the commit that was planned; one that a newer commit changed meanwhile stays dirty.
    public func settle(_ jobs: [(key: JobKey, commit: String)]) async throws {
        try await write { database in
            for job in jobs {
                try Self.clean(job.key, commit: job.commit, in: database)
                try Self.closePlan(of: job.key, commit: job.commit, in: database)
            }
        }
    }

    /// An action that was begun and is not to be begun again has been done: the service was killed before it noted that. What was
    /// never begun did nothing.
    private static func closePlan(of key: JobKey, commit: String, in database: Database) throws {
        let open = #"finished IS NULL AND "commit" = ? AND cluster = ? AND partition = ? AND id = ?"#
        let arguments: StatementArguments = [commit, key.cluster, key.partition, key.id]
        try database.executeCached(
            sql: """
                UPDATE action SET result = 'done', error = NULL, finished = intended WHERE intended IS NOT NULL AND \(open)
                """,
            arguments: arguments
        )
        try database.executeCached(sql: "DELETE FROM action WHERE intended IS NULL AND \(open)", arguments: arguments)
        guard database.changesCount > 0 else { return }
        // Of a job that was new, the action alone told that the commit changed its file.
        try database.executeCached(
            sql: """
                INSERT INTO touch (cluster, partition, id, "commit", seen)
                SELECT ?2, ?3, ?4, sha, seen FROM "commit" WHERE sha = ?1 ON CONFLICT DO NOTHING
                """,
            arguments: arguments
        )
    }

    /// Writes down how an action ended and, where it was done, what is in force now.
    ///
    /// The job stays dirty where a newer commit changed its file meanwhile, and where the action was postponed.
    ///
    /// - Parameters:
    ///   - number: the action's, from ``intend(_:now:)``.
    ///   - intent: the action.
    ///   - outcome: how it ended.
    ///   - job: the definition that it put in force; nil for a delete.
    ///   - runCommit: the commit whose tree the run uses, where the action started it; nil leaves the one that is known.
    ///   - status: the run's status to begin with; nil leaves the one that is known.
    ///   - now: the time to note.
    public func conclude(
        _ number: Int64,
        _ intent: Intent,
        outcome: Outcome,
        job: Job?,
        runCommit: String? = nil,
        status: RunStatus?,
        now: Date
    ) async throws {
        try await write { database in
            try Self.close(number, outcome, now: now, in: database)
            switch outcome {
            case .done:
                try Self.putInForce(job, intent, runCommit: runCommit, status: status, in: database)
                try Self.endRuns(
                    of: intent.key,
                    before: job == nil ? intent.run + 1 : intent.run,
                    now: now,
                    in: database
                )
                try Self.clean(intent.key, commit: intent.commit, in: database)
            case .held:
                try Self.endDeleting(intent.key, in: database)
                try Self.clean(intent.key, commit: intent.commit, in: database)
            case .failed(let error):
                try Self.endLingering(intent, in: database)
                try Self.report(error, of: intent, status: status, in: database)
                try Self.clean(intent.key, commit: intent.commit, in: database)
            case .postponed(let error):
                try Self.endLingering(intent, in: database)
                try Self.report(error, of: intent, status: status, in: database)
            }
        }
    }

    /// What was postponed is held and stays open, unless a newer commit has superseded it.
    private static func close(_ number: Int64, _ outcome: Outcome, now: Date, in database: Database) throws {
        let (result, error): (ActionResult, String?) =
            switch outcome {
            case .done: (.done, nil)
            case .held: (.held, nil)
            case .failed(let error): (.failed, error)
            case .postponed(let error): (.held, error)
            }
        let isOpen = if case .postponed = outcome { true } else { false }
        try database.executeCached(
            sql: """
                UPDATE action SET result = :result, error = :error, finished = :finished
                WHERE number = :number AND (finished IS NULL OR NOT :isOpen)
                """,
            arguments: [
                "result": result.rawValue, "error": error, "finished": isOpen ? nil : now, "number": number,
                "isOpen": isOpen,
            ]
        )
    }

    private static func putInForce(
        _ job: Job?,
        _ intent: Intent,
        runCommit: String?,
        status: RunStatus?,
        in database: Database
    ) throws {
        let key = intent.key
        let status = job == nil ? RunStatus() : status
        try database.executeCached(
            sql: """
                UPDATE job SET applied = :applied, run = :run, fault = NULL,
                    runCommit = coalesce(:runCommit, CASE WHEN run = :run THEN runCommit END)
                WHERE cluster = :cluster AND partition = :partition AND id = :id
                """,
            arguments: [
                "applied": try Definitions.store(job, in: database), "run": intent.run, "runCommit": runCommit,
                "cluster": key.cluster, "partition": key.partition, "id": key.id,
            ]
        )
        guard let status else { return }
        try set(status, of: key, in: database)
        if job != nil, intent.run > 0 {
            try keep(status, of: RunID(key: key, number: intent.run), in: database)
        }
    }

    /// Shows at the job why its newest change is not in force.
    private static func report(
        _ error: String,
        of intent: Intent,
        status: RunStatus?,
        in database: Database
    ) throws {
        let key = intent.key
        try database.executeCached(
            sql: "UPDATE job SET fault = ? WHERE cluster = ? AND partition = ? AND id = ? AND dirty = ?",
            arguments: [error, key.cluster, key.partition, key.id, intent.commit]
        )
        if let status {
            try set(status, of: key, in: database)
        }
    }

    /// A delete that was begun and taken back, by a file that can't be used or that waits for others: what became of the run is to be
    /// looked at.
    static func endDeleting(_ key: JobKey, in database: Database) throws {
        guard var status = try record(key, in: database)?.status, status.phase == .deleting else { return }
        status.phase = .unknown
        try set(status, of: key, in: database)
    }

    /// A run whose stop took long shows as being deleted. Where it is not deleted in the end, what became of it is to be looked at.
    private static func endLingering(_ intent: Intent, in database: Database) throws {
        guard intent.kind != .delete else { return }
        try endDeleting(intent.key, in: database)
    }

    private static func clean(_ key: JobKey, commit: String, in database: Database) throws {
        try database.executeCached(
            sql: "UPDATE job SET dirty = NULL WHERE cluster = ? AND partition = ? AND id = ? AND dirty = ?",
            arguments: [key.cluster, key.partition, key.id, commit]
        )
    }
}

extension Journal {
    /// The actions that were begun and of which no outcome is known, oldest first; one that is tried again is among them.
    public func openIntents() async throws -> [Intent] {
        try await pool.read { database in
            let rows = try Row.fetchAll(
                database,
                sql:
                    #"SELECT "commit", cluster, partition, id, kind, run FROM action WHERE finished IS NULL AND intended IS NOT NULL ORDER BY number"#
            )
            return try rows.compactMap { row in
                guard let kind: ActionKind = try row.word("kind") else { return nil }
                return Intent(commit: try row.value("commit"), key: try row.key(), kind: kind, run: try row.runNumber())
            }
        }
    }
}
