import Foundation
import GRDB
public import Jobs

extension Journal {
    /// How many events of a job are kept, the newest.
    public static let keptEvents = 1000

    /// Adds events to a job, and removes the oldest ones beyond ``keptEvents``.
    static func addEvents(_ events: [RunEvent], of key: JobKey, in database: Database) throws {
        guard !events.isEmpty else { return }
        for event in events {
            try database.executeCached(
                sql: """
                    INSERT INTO event (cluster, partition, id, run, time, replica, kind, reason, message)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.cluster, key.partition, key.id, event.run, event.time.clamped, event.replica,
                    event.kind.rawValue, event.reason.rawValue, event.message,
                ]
            )
        }
        try database.executeCached(
            sql: """
                DELETE FROM event WHERE cluster = ?1 AND partition = ?2 AND id = ?3 AND number <= (
                    SELECT number FROM event WHERE cluster = ?1 AND partition = ?2 AND id = ?3
                    ORDER BY number DESC LIMIT 1 OFFSET ?4
                )
                """,
            arguments: [key.cluster, key.partition, key.id, keptEvents]
        )
    }

    /// Adds what happened to a run between its stored status and a new one.
    ///
    /// - Parameter known: the stored status as text.
    static func addEvents(
        of run: RunID,
        from known: String,
        to status: RunStatus,
        now: Date,
        in database: Database
    ) throws {
        let before = try runStatus(known)
        // Stored times are those of JSON numbers, so both statuses have to be read from it.
        let after = try runStatus(StoredValue.text(status))
        let wasRestarted = after.restarts ?? 0 > before.restarts ?? 0 || before.phase == .restarting
        let limit = wasRestarted ? try backoffLimit(of: run.key, in: database) : nil
        try addEvents(
            RunEvent.between(before, and: after, run: run.number, backoffLimit: limit, now: now),
            of: run.key,
            in: database
        )
    }

    private static func backoffLimit(of key: JobKey, in database: Database) throws -> Int? {
        try record(key, in: database)?.applied?.effectiveRunPolicy.effectiveBackoffLimit
    }

    /// Records how an action stopped the run in force, before the action puts another in its place.
    static func recordStop(_ stop: StoppedRun, of key: JobKey, now: Date, in database: Database) throws {
        guard let record = try record(key, in: database), record.run > 0, !record.status.phase.isFinal else { return }
        let run = RunID(key: key, number: record.run)
        var status = stop.status ?? record.status
        if stop.status == nil {
            status.suspend()
        }
        try addEvents(of: run, from: try StoredValue.text(record.status), to: status, now: now, in: database)
        if !status.phase.isFinal {
            let step = status.savedStep
            let event = RunEvent.stopped(after: stop.duration, savedAt: step, run: run.number, now: now)
            try addEvents([event], of: key, in: database)
        }
        // The run was active until the stop was requested.
        try recordRun(status, of: run, now: now - stop.duration / .seconds(1), in: database)
    }

    /// From here on, events and what a run's record needs beside its status.
    ///
    /// - `run.definition` is the hash of the definition, `run.environment` that of the interpreter and its packages, and
    ///   `run.replicas` how the replicas were when the run was last seen.
    static let recordSchema = """
        CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            cluster TEXT NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL, run INTEGER NOT NULL,
            time DATETIME NOT NULL, replica TEXT, kind TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL
        );
        CREATE INDEX event_job ON event (cluster, partition, id, number);

        CREATE TABLE environment (hash TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
        ALTER TABLE run ADD COLUMN definition TEXT;
        ALTER TABLE run ADD COLUMN environment TEXT;
        ALTER TABLE run ADD COLUMN replicas TEXT;
        UPDATE run SET definition = job.applied, replicas = json_extract(job.status, '$.replicas') FROM job
            WHERE job.cluster = run.cluster AND job.partition = run.partition AND job.id = run.id
                AND job.run = run.number AND job.applied IS NOT NULL AND json_valid(job.status);
        """
}

extension JournalReader {
    /// The events of a job, newest first, also of a job that is gone.
    ///
    /// - Parameters:
    ///   - key: the job.
    ///   - run: the events of this run; nil for those of all runs.
    ///   - limit: the most events.
    /// - Returns: nil if there never was such a job.
    public func events(
        of key: JobKey,
        run: Int? = nil,
        limit: Int = Journal.keptEvents
    ) async throws -> [RunEvent]? {
        try await database.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM event WHERE cluster = :cluster AND partition = :partition AND id = :id
                        AND (:run IS NULL OR run = :run)
                    ORDER BY number DESC LIMIT :limit
                    """,
                arguments: [
                    "cluster": key.cluster, "partition": key.partition, "id": key.id, "run": run, "limit": limit,
                ]
            )
            if rows.isEmpty {
                // A deleted job keeps its row.
                guard try Journal.record(key, in: database) != nil else { return nil }
            }
            return try rows.map(RunEvent.init(row:))
        }
    }
}

extension RunEvent {
    init(row: Row) throws {
        guard let time = try row.time("time"), let kind: Kind = try row.word("kind"),
            let reason: Reason = try row.word("reason")
        else { throw StoredValueFault("a stored event has no time or reason") }
        self.init(
            reason,
            try row.value("message"),
            run: try row.runNumber(),
            at: time,
            replica: try row.value("replica"),
            kind: kind
        )
    }
}
