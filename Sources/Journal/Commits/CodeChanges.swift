import Foundation
import GRDB

/// The commits that changed folders of code. A run keeps the code that it started with, and the history of its job shows these commits.
///
/// There is a row for each changed folder and not for each job, because many jobs may run the same code.
enum CodeChanges {
    /// `folder` is a `workdir` as the job files have it; empty for the root of the repository.
    static let schema = """
        CREATE TABLE codeChange (
            folder TEXT NOT NULL, "commit" TEXT NOT NULL, seen DATETIME NOT NULL, PRIMARY KEY (folder, "commit")
        ) WITHOUT ROWID;
        """

    /// The folder of a definition's code; NULL if it runs no code of the repository, or if its text is damaged.
    private static func folder(of text: String) -> String {
        """
        CASE WHEN NOT json_valid(\(text)) THEN NULL
            WHEN json_extract(\(text), '$.workdir') LIKE '/%' THEN NULL
            WHEN json_extract(\(text), '$.workdir') IS NULL AND json_extract(\(text), '$.bootfile') LIKE '/%' THEN NULL
            ELSE coalesce(json_extract(\(text), '$.workdir'), '') END
        """
    }

    /// The folders of the code of all jobs in force.
    static let folders = """
        SELECT DISTINCT \(folder(of: "text")) AS folder FROM definition
        WHERE folder IS NOT NULL AND hash IN (SELECT applied FROM job WHERE applied IS NOT NULL) LIMIT :most
        """

    /// The commits of a job's history that changed its code and not its file, with a sentence about the run that keeps the earlier code.
    /// `own` has the actions of the job.
    static let items = """
        SELECT c.seen AS time, 'code ' || c."commit" AS name, c."commit",
            iif(c.folder = '', 'the repository''s root', c.folder) || ' changed; run ' || r.number || ' keeps the code of '
                || substr(r.runCommit, 1, 7) AS note
        FROM run r JOIN definition d ON d.hash = coalesce(r.definition, (
            SELECT applied FROM job WHERE cluster = r.cluster AND partition = r.partition AND id = r.id AND run = r.number
        )) JOIN codeChange c ON c.folder = \(folder(of: "d.text"))
        WHERE r.cluster = :cluster AND r.partition = :partition AND r.id = :id
            AND r.runCommit <> c."commit" AND r.started <= c.seen
            AND NOT EXISTS (SELECT 1 FROM own WHERE own.run > r.number AND own.intended <= c.seen)
            AND NOT EXISTS (
                SELECT 1 FROM run n WHERE n.cluster = :cluster AND n.partition = :partition AND n.id = :id
                    AND n.number > r.number AND n.started <= c.seen
            )
            AND NOT EXISTS (SELECT 1 FROM own WHERE kind = 'delete' AND finished BETWEEN r.started AND c.seen)
            AND NOT EXISTS (SELECT 1 FROM own WHERE own."commit" = c."commit")
            AND NOT EXISTS (
                SELECT 1 FROM touch WHERE cluster = :cluster AND partition = :partition AND id = :id
                    AND touch."commit" = c."commit"
            )
        """

    /// Records the folders that a commit changed.
    static func store(_ folders: [String], commit: String, now: Date, in database: Database) throws {
        for folder in folders {
            try database.executeCached(
                sql: """
                    INSERT INTO codeChange (folder, "commit", seen) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen
                    """,
                arguments: [folder, commit, now]
            )
        }
    }
}

extension Journal {
    /// The folders of the code of all jobs in force, as the job files have them; empty for the root of the repository.
    ///
    /// - Parameter limit: the most folders.
    public func codeFolders(limit: Int) async throws -> [String] {
        try await pool.read { database in
            try String.fetchAll(database, sql: CodeChanges.folders, arguments: ["most": limit])
        }
    }
}
