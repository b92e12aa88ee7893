import GRDB

extension Journal {
    /// Triggers give each change of what readers see of a job a number of its own, in the same transaction. `born` is the change that last
    /// made the job visible.
    ///
    /// A deleted job keeps its row, so all numbers stay.
    static let revisionSchema = """
        CREATE TABLE revision (value INTEGER NOT NULL);
        INSERT INTO revision VALUES ((SELECT count(*) FROM job));
        INSERT INTO service (name, value) VALUES ('journal', lower(hex(randomblob(8))));
        ALTER TABLE job ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE job ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
        UPDATE job SET revision = numbered.number, born = numbered.number
            FROM (SELECT cluster, partition, id, row_number() OVER () AS number FROM job) AS numbered
            WHERE job.cluster = numbered.cluster AND job.partition = numbered.partition AND job.id = numbered.id;
        CREATE INDEX job_shown ON job (cluster, partition, id, revision) WHERE (blob IS NOT NULL OR applied IS NOT NULL);
        CREATE INDEX job_revision ON job (revision);
        CREATE INDEX job_partition_revision ON job (cluster, partition, revision);

        CREATE TRIGGER job_added AFTER INSERT ON job BEGIN
            UPDATE revision SET value = value + 1;
            UPDATE job SET revision = (SELECT value FROM revision), born = (SELECT value FROM revision)
            WHERE cluster = NEW.cluster AND partition = NEW.partition AND id = NEW.id;
        END;

        \(numbersChanges)
        """

    /// From here on, an INSERT sets the revision itself. With a trigger, SQLite keeps every page that the statement changes in case it fails,
    /// which took most of the time of a first indexing. The column has no default, so SQLite refuses a statement that forgets it.
    /// <https://www.sqlite.org/tempfiles.html#statement_journal_files>
    static let broughtRevisions = """
        DROP TRIGGER job_added;
        CREATE TABLE numbered (
            cluster TEXT NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL,
            blob TEXT,
            desired TEXT,
            definition TEXT,
            issues TEXT NOT NULL DEFAULT '[]',
            dependencies TEXT,
            unmet TEXT,
            kept TEXT,
            fault TEXT,
            dirty TEXT,
            applied TEXT,
            run INTEGER NOT NULL DEFAULT 0,
            name TEXT NOT NULL DEFAULT '',
            phase TEXT NOT NULL DEFAULT 'pending',
            status TEXT NOT NULL DEFAULT '{}',
            uid TEXT NOT NULL DEFAULT '',
            created DATETIME, updated DATETIME, "commit" TEXT NOT NULL DEFAULT '',
            revision INTEGER NOT NULL, born INTEGER NOT NULL,
            PRIMARY KEY (cluster, partition, id)
        ) WITHOUT ROWID;
        INSERT INTO numbered SELECT * FROM job;
        DROP TABLE job;
        ALTER TABLE numbered RENAME TO job;
        CREATE INDEX job_dirty ON job (cluster, partition, id) WHERE dirty IS NOT NULL;
        CREATE INDEX job_dependencies ON job (cluster, partition) WHERE dependencies IS NOT NULL;
        CREATE INDEX job_held ON job (cluster) WHERE (blob IS NOT NULL AND desired IS NULL) OR kept IS NOT NULL;
        CREATE INDEX job_shown ON job (cluster, partition, id, revision) WHERE (blob IS NOT NULL OR applied IS NOT NULL);
        CREATE INDEX job_revision ON job (revision);
        CREATE INDEX job_partition_revision ON job (cluster, partition, revision);
        CREATE INDEX job_orphan ON job (cluster, partition, id) WHERE blob IS NULL AND applied IS NOT NULL;
        \(numbersChanges)

        DROP INDEX action_result;
        CREATE INDEX action_result ON action (kind, result, finished) WHERE result IS NOT NULL;
        """

    static let numbersChanges = """
        CREATE TRIGGER job_changed AFTER UPDATE ON job
        WHEN (NEW.blob, NEW.desired, NEW.issues, NEW.unmet, NEW.kept, NEW.fault, NEW.applied, NEW.run, NEW.name, NEW.status,
              NEW.uid, NEW.created, NEW.updated, NEW."commit")
            IS NOT (OLD.blob, OLD.desired, OLD.issues, OLD.unmet, OLD.kept, OLD.fault, OLD.applied, OLD.run, OLD.name, OLD.status,
              OLD.uid, OLD.created, OLD.updated, OLD."commit")
        BEGIN
            UPDATE revision SET value = value + 1;
            UPDATE job SET revision = (SELECT value FROM revision),
                born = CASE WHEN OLD.blob IS NULL AND OLD.applied IS NULL
                    AND (NEW.blob IS NOT NULL OR NEW.applied IS NOT NULL) THEN (SELECT value FROM revision) ELSE born END
            WHERE cluster = NEW.cluster AND partition = NEW.partition AND id = NEW.id;
        END;
        """

    /// From here on, the author of the commit counts too.
    static let numbersAuthors = """
        DROP TRIGGER job_changed;
        CREATE TRIGGER job_changed AFTER UPDATE ON job
        WHEN (NEW.blob, NEW.desired, NEW.issues, NEW.unmet, NEW.kept, NEW.fault, NEW.applied, NEW.run, NEW.name, NEW.status,
              NEW.uid, NEW.created, NEW.updated, NEW."commit", NEW.author)
            IS NOT (OLD.blob, OLD.desired, OLD.issues, OLD.unmet, OLD.kept, OLD.fault, OLD.applied, OLD.run, OLD.name, OLD.status,
              OLD.uid, OLD.created, OLD.updated, OLD."commit", OLD.author)
        BEGIN
            UPDATE revision SET value = value + 1;
            UPDATE job SET revision = (SELECT value FROM revision),
                born = CASE WHEN OLD.blob IS NULL AND OLD.applied IS NULL
                    AND (NEW.blob IS NOT NULL OR NEW.applied IS NOT NULL) THEN (SELECT value FROM revision) ELSE born END
            WHERE cluster = NEW.cluster AND partition = NEW.partition AND id = NEW.id;
        END;
        """

    /// The number of the newest change.
    static func revision(in database: Database) throws -> Int64 {
        let revision = try Int64.fetchOne(database.cachedStatement(sql: "SELECT value FROM revision")) ?? -1
        guard (0...Int64.max >> 1).contains(revision) else {
            throw StoredValueFault("the stored revision is out of range")
        }
        return revision
    }

    /// Records the last revision of inserted jobs.
    static func setRevision(_ revision: Int64, in database: Database) throws {
        try database.executeCached(sql: "UPDATE revision SET value = ?", arguments: [revision])
    }
}
