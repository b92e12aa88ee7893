import Foundation
import GRDB
import Jobs

extension Journal {
    /// Keeps how a run stands for its job's history, where it stays when the job is gone.
    static func keep(_ status: RunStatus, of run: RunID, in database: Database) throws {
        let key = run.key
        try database.executeCached(
            sql: """
                INSERT INTO run
                    (cluster, partition, id, number, "commit", runCommit, phase, reason, message, started, completed)
                SELECT cluster, partition, id, :number, "commit", runCommit,
                    :phase, :reason, :message, :started, :completed FROM job
                WHERE cluster = :cluster AND partition = :partition AND id = :id
                ON CONFLICT DO UPDATE SET runCommit = excluded.runCommit, phase = excluded.phase, reason = excluded.reason, message = excluded.message,
                    started = coalesce(excluded.started, started), completed = excluded.completed
                """,
            arguments: [
                "cluster": key.cluster, "partition": key.partition, "id": key.id, "number": run.number,
                "phase": status.phase.rawValue, "reason": status.reason, "message": status.message,
                "started": status.startTime?.clamped, "completed": status.completionTime?.clamped,
            ]
        )
    }

    /// Ends the runs of a job that an action stopped for good: a replacement or a delete. What had ended by itself stays as it was.
    static func endRuns(of key: JobKey, before number: Int, now: Date, in database: Database) throws {
        try database.executeCached(
            sql: """
                UPDATE run SET phase = ?, completed = coalesce(completed, ?)
                WHERE cluster = ? AND partition = ? AND id = ? AND number < ?
                AND phase NOT IN ('succeeded', 'failed', ?)
                """,
            arguments: [HistoryItem.stopped, now, key.cluster, key.partition, key.id, number, HistoryItem.stopped]
        )
    }
}
