import Crypto
import Formats
import GRDB
import Jobs
import Synchronization

/// Job definitions, each stored once by the hash of its text, however many jobs have it.
enum Definitions {
    /// From here on, `job.desired`, `job.definition` and `job.applied` have hashes. `size` is the length of the job's file in bytes; for a
    /// file that an earlier version read, the length of its definition.
    static func migrate(_ database: Database) throws {
        let function = DatabaseFunction("definition_hash", argumentCount: 1, pure: true) { values in
            String.fromDatabaseValue(values[0]).map(hash)
        }
        database.add(function: function)
        defer { database.remove(function: function) }
        try database.execute(
            sql: """
                DROP TRIGGER job_changed;
                CREATE TABLE definition (hash TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL);
                INSERT OR IGNORE INTO definition SELECT definition_hash(desired), desired FROM job WHERE desired IS NOT NULL;
                INSERT OR IGNORE INTO definition
                    SELECT definition_hash(definition), definition FROM job WHERE definition IS NOT NULL;
                INSERT OR IGNORE INTO definition SELECT definition_hash(applied), applied FROM job WHERE applied IS NOT NULL;
                ALTER TABLE job ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
                UPDATE job SET size = coalesce(length(desired), 0) WHERE blob IS NOT NULL;
                UPDATE job SET desired = definition_hash(desired), definition = definition_hash(definition),
                    applied = definition_hash(applied);
                \(Journal.numbersChanges)
                """
        )
    }

    /// SHA-256, 64 hexadecimal digits.
    static func hash(of text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).hexadecimal
    }

    /// Stores a definition.
    ///
    /// - Returns: its hash; nil for none.
    static func store(_ job: Job?, in database: Database) throws -> String? {
        guard let text = StoredJob.text(job) else { return nil }
        let hash = hash(of: text)
        try database.executeCached(
            sql: "INSERT INTO definition (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [hash, text]
        )
        return hash
    }

    /// Stores the definitions of many files.
    static func store(_ changes: [JobFileChange], in database: Database) throws {
        let insert = try ManyRows(
            "INSERT INTO definition (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            width: 2,
            in: database
        )
        for change in changes {
            guard case .file(let file) = change.content, let text = file.job else { continue }
            try insert.bind(1, file.hash)
            try insert.bind(2, text)
            try insert.endRow()
        }
    }

    /// Removes the definitions and the environments that no job and no run has any more.
    static func removeUnused(in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM definition WHERE hash NOT IN (
                    SELECT desired FROM job WHERE desired IS NOT NULL
                    UNION SELECT definition FROM job WHERE definition IS NOT NULL
                    UNION SELECT applied FROM job WHERE applied IS NOT NULL
                    UNION SELECT definition FROM run WHERE definition IS NOT NULL
                );
                DELETE FROM environment WHERE hash NOT IN (
                    SELECT environment FROM run WHERE environment IS NOT NULL
                );
                """
        )
    }
}

/// Counts definitions that may be unused, so that they are seldom searched: each search reads all jobs.
final class DefinitionGarbage: Sendable {
    private let amount = Mutex((files: 0, bytes: 0))

    private static let mostFiles = 5000
    private static let mostBytes = 16 << 20

    /// Counts the changes of a commit.
    ///
    /// - Returns: whether a search is worth its cost.
    func isMany(after changes: [JobFileChange]) -> Bool {
        amount.withLock { amount in
            for change in changes {
                amount.files += 1
                if case .file(let file) = change.content { amount.bytes += file.size }
            }
            guard amount.files > Self.mostFiles || amount.bytes > Self.mostBytes else { return false }
            amount = (0, 0)
            return true
        }
    }
}
