public import Foundation
import GRDB
public import Jobs

/// A job that has to succeed before another one starts.
public struct UnmetDependency: Sendable, Equatable {
    /// The id of the job, which is of the same partition.
    public let id: String
    /// The number of its last run, if that failed and no other is planned; else nil.
    public let failedRun: Int?

    /// Creates a dependency.
    public init(id: String, failedRun: Int? = nil) {
        self.id = id
        self.failedRun = failedRun
    }

    /// Why a job waits, as a sentence.
    static func message(for dependencies: [UnmetDependency]) -> String {
        let failed = dependencies.compactMap { dependency in
            dependency.failedRun.map {
                "\(dependency.id) failed (run \($0)); starts when a later run of it succeeds"
            }
        }
        let others = dependencies.filter { $0.failedRun == nil }.map(\.id).joined(separator: ", ")
        let waiting = others.isEmpty ? [] : ["waits until these have succeeded: \(others)"]
        return (failed + waiting).joined(separator: "; ")
    }
}

extension Journal {
    /// Records an observation of a run, if the run is the newest one of its job and is not being deleted. What happened since
    /// the observation before becomes events.
    ///
    /// - Parameters:
    ///   - run: the run.
    ///   - status: its status.
    ///   - environment: its interpreter and packages; nil if they are unknown so far.
    ///   - now: the time.
    /// - Returns: whether anything changed.
    @discardableResult
    public func observe(
        _ run: RunID,
        _ status: RunStatus,
        _ environment: RunEnvironment? = nil,
        now: Date = Date()
    ) async throws -> Bool {
        try await write { database in
            let key = run.key
            let known = try String.fetchOne(
                database,
                sql: """
                    SELECT status FROM job WHERE cluster = ? AND partition = ? AND id = ? AND run = ?
                    AND applied IS NOT NULL AND phase <> 'deleting'
                    """,
                arguments: [key.cluster, key.partition, key.id, run.number]
            )
            guard let known else { return false }
            let isNews = try Self.isNews(status, after: known)
            if isNews {
                try Self.addEvents(of: run, from: known, to: status, now: now, in: database)
                try Self.setStatus(status, of: key, in: database)
                try Self.recordRun(status, of: run, now: now, in: database)
            }
            return try Self.recordEnvironment(environment, of: run, in: database) || isNews
        }
    }

    /// Whether an observation changes the stored status of a run.
    ///
    /// After a refused start, a backend reports the stopped run as suspended; the job still shows why it does not run.
    static func isNews(_ status: RunStatus, after known: String) throws -> Bool {
        if status.phase == .suspended, try runStatus(known).isRefused { return false }
        return try known != StoredValue.text(status)
    }

    static func runStatus(_ text: String) throws -> RunStatus {
        text == "{}" ? RunStatus() : try StoredValue.read(RunStatus.self, from: text)
    }

    /// Shows a phase for a job while an action is under way, and keeps the rest of its status.
    public func showPhase(_ phase: Phase, of key: JobKey) async throws {
        try await write { database in
            guard var status = try Self.record(key, in: database)?.status else { return }
            status.phase = phase
            try Self.setStatus(status, of: key, in: database)
        }
    }

    /// The jobs among some that have not succeeded, or that are about to run again.
    public func unmetDependencies(_ keys: [JobKey]) async throws -> [UnmetDependency] {
        try await pool.read { database in
            try keys.compactMap { key in
                let row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT run, phase FROM job WHERE cluster = ? AND partition = ? AND id = ?
                        AND applied IS NOT NULL AND dirty IS NULL
                        """,
                    arguments: [key.cluster, key.partition, key.id]
                )
                let phase: Phase? = try row?.word("phase")
                guard phase != .succeeded else { return nil }
                return UnmetDependency(id: key.id, failedRun: phase == .failed ? try row?.runNumber() : nil)
            }
        }
    }

    /// Shows which jobs a job waits for, at its action and, if it never ran, in its status.
    ///
    /// A job that ran still shows its last run; if its delete was taken back, the run is unknown until it is observed.
    public func showWaiting(
        _ key: JobKey,
        for dependencies: [UnmetDependency],
        _ kind: ActionKind,
        now: Date = Date()
    ) async throws {
        try await write { database in
            guard let record = try Self.record(key, in: database) else { return }
            let message = UnmetDependency.message(for: dependencies)
            try database.executeCached(
                sql: """
                    UPDATE action SET kind = ?1, error = ?2 WHERE finished IS NULL AND result IS NULL
                    AND cluster = ?3 AND partition = ?4 AND id = ?5 AND error IS NOT ?2
                    """,
                arguments: [kind.rawValue, message, key.cluster, key.partition, key.id]
            )
            guard record.applied == nil else { return try Self.endDeleting(key, in: database) }
            let reason = dependencies.contains { $0.failedRun != nil } ? "DependencyFailed" : "DependsOn"
            let status = RunStatus(phase: .queued, reason: reason, message: message)
            let run = RunID(key: key, number: record.run + 1)
            try Self.addEvents(of: run, from: StoredValue.text(record.status), to: status, now: now, in: database)
            try Self.setStatus(status, of: key, in: database)
        }
    }

    /// Adopts a run that a backend has and the journal does not know, so that it is neither doubled nor forgotten.
    ///
    /// - Returns: false if the journal has this run or a newer one.
    public func adopt(_ observation: RunObservation, now: Date = Date()) async throws -> Bool {
        try await write { database in
            let key = observation.id.key
            if let record = try Self.record(key, in: database), record.run >= observation.id.number {
                if record.run > observation.id.number {
                    try Self.recordEarlierRun(observation, now: now, in: database)
                }
                return false
            }
            let revision = try Self.revision(in: database) + 1
            try Self.setRevision(revision, in: database)
            try database.executeCached(
                sql: """
                    INSERT INTO job (cluster, partition, id, applied, run, name, "commit", revision, born, runCommit)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, nullif(?9, ''))
                    ON CONFLICT DO UPDATE SET applied = excluded.applied, run = excluded.run,
                        runCommit = excluded.runCommit,
                        dirty = CASE WHEN blob IS NULL THEN dirty
                            ELSE coalesce(dirty, (SELECT value FROM service WHERE name = 'head')) END
                    """,
                arguments: [
                    key.cluster, key.partition, key.id, try Definitions.store(observation.job, in: database),
                    observation.id.number,
                    observation.job.name ?? key.id, observation.commit, revision,
                    observation.runCommit,
                ]
            )
            try Self.setStatus(observation.status, of: key, in: database)
            try Self.recordRun(observation.status, of: observation.id, now: now, in: database)
            try Self.setCommits(of: observation, in: database)
            try Self.endRuns(of: key, before: observation.id.number, now: now, in: database)
            _ = try Self.recordEnvironment(observation.environment, of: observation.id, in: database)
            try Self.addEvents(of: observation.id, from: "{}", to: observation.status, now: now, in: database)
            return true
        }
    }

    /// Records a run that is not the newest one of its job, for the history alone, unless it is known.
    private static func recordEarlierRun(_ observation: RunObservation, now: Date, in database: Database) throws {
        let (id, status) = (observation.id, observation.status)
        try database.executeCached(
            sql: """
                INSERT INTO run (cluster, partition, id, number, "commit", runCommit, definition,
                    phase, reason, message, started, completed, replicas)
                VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [
                id.key.cluster, id.key.partition, id.key.id, id.number, observation.commit, observation.runCommit,
                try Definitions.store(observation.job, in: database),
                status.phase.isFinal ? status.phase.rawValue : HistoryItem.stopped, status.reason, status.message,
                status.startTime?.clamped, status.completionTime?.clamped, try StoredValue.text(status.replicas),
            ]
        )
        _ = try recordEnvironment(observation.environment, of: id, in: database)
    }

    /// Gives an adopted run the commits of its own record. The job may have those of a newer one.
    private static func setCommits(of observation: RunObservation, in database: Database) throws {
        let id = observation.id
        try database.executeCached(
            sql: """
                UPDATE run SET "commit" = coalesce(nullif(?1, ''), "commit"), runCommit = coalesce(nullif(?2, ''), runCommit)
                WHERE cluster = ?3 AND partition = ?4 AND id = ?5 AND number = ?6
                """,
            arguments: [
                observation.commit, observation.runCommit, id.key.cluster, id.key.partition, id.key.id, id.number,
            ]
        )
    }

    /// Records how the service fares, for `ping`, which shows it also if the journal can't be written.
    public func recordStatus(_ status: ServiceStatus) async throws {
        guard board.store(status) || board.fault != nil else { return }
        try await write { try Self.setServiceValue("status", to: StoredValue.text(status), in: $0) }
    }

    static func setStatus(_ status: RunStatus, of key: JobKey, in database: Database) throws {
        try database.executeCached(
            sql: "UPDATE job SET status = ?, phase = ? WHERE cluster = ? AND partition = ? AND id = ?",
            arguments: [try StoredValue.text(status), status.phase.rawValue, key.cluster, key.partition, key.id]
        )
    }

    static func record(_ key: JobKey, in database: Database) throws -> JobRecord? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT \(JobRecord.columns) FROM job WHERE cluster = ? AND partition = ? AND id = ?"
            ),
            arguments: [key.cluster, key.partition, key.id]
        )
        return try row.map(JobRecord.init(row:))
    }
}
