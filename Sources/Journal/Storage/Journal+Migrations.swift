import GRDB

extension Journal {
    /// The schema, version by version. A migration that has been released is never changed.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: jobs, actions, commits") { database in
            try database.execute(sql: firstSchema)
        }
        migrator.registerMigration("2: runs, and which commit changed which file") { database in
            try database.execute(sql: historySchema)
        }
        migrator.registerMigration("3: actions that are not finished") { database in
            try database.execute(sql: unfinishedActions)
        }
        migrator.registerMigration("4: a revision for each change of a job") { database in
            try database.execute(sql: revisionSchema)
        }
        migrator.registerMigration("5: jobs in force without a file") { database in
            try database.execute(
                sql: """
                    CREATE INDEX job_orphan ON job (cluster, partition, id) WHERE blob IS NULL AND applied IS NOT NULL
                    """
            )
        }
        migrator.registerMigration("6: new jobs bring their revision along") { database in
            try database.execute(sql: broughtRevisions)
        }
        migrator.registerMigration("7: the commit whose tree a run uses") { database in
            try database.execute(sql: runCommits)
        }
        migrator.registerMigration("8: each definition once") { database in
            try Definitions.migrate(database)
        }
        migrator.registerMigration("9: events, and records of runs") { database in
            try database.execute(sql: recordSchema)
        }
        migrator.registerMigration("10: commits that changed the code of jobs") { database in
            try database.execute(sql: CodeChanges.schema)
        }
        migrator.registerMigration("11: the authors of commits, and the time that runs ran") { database in
            try database.execute(sql: authorsAndTimes)
        }
        return migrator
    }

    /// The first tables.
    ///
    /// - `definition` is the definition of a file with `dependencies`; `desired` is the same, or NULL while a dependency is `unmet`.
    /// - `kept` is the reason why a job without a file is not deleted.
    /// - `dirty` is the commit whose change of the file has not been carried out yet, `fault` the error of the last try.
    ///
    /// A deleted job keeps its row for its run numbers: with neither `blob` nor `applied` it is not shown.
    private static let firstSchema = """
        CREATE TABLE job (
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
            PRIMARY KEY (cluster, partition, id)
        ) WITHOUT ROWID;
        CREATE INDEX job_dirty ON job (cluster, partition, id) WHERE dirty IS NOT NULL;
        CREATE INDEX job_phase ON job (cluster, partition, phase);
        CREATE INDEX job_dependencies ON job (cluster, partition) WHERE dependencies IS NOT NULL;
        CREATE INDEX job_held ON job (cluster) WHERE (blob IS NOT NULL AND desired IS NULL) OR kept IS NOT NULL;

        CREATE TABLE action (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            "commit" TEXT NOT NULL,
            cluster TEXT NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL,
            kind TEXT, run INTEGER,
            intended DATETIME, finished DATETIME,
            result TEXT, error TEXT
        );
        CREATE INDEX action_commit ON action ("commit");
        CREATE INDEX action_job ON action (cluster, partition, id);
        CREATE INDEX action_open ON action (cluster, partition, id) WHERE result IS NULL;

        CREATE TABLE "commit" (
            sha TEXT PRIMARY KEY, author TEXT NOT NULL, message TEXT NOT NULL, seen DATETIME NOT NULL,
            superseded BOOLEAN NOT NULL, issues TEXT NOT NULL DEFAULT '[]'
        ) WITHOUT ROWID;

        CREATE TABLE stray (path TEXT PRIMARY KEY, issues TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE service (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """

    /// From here on, an action that is tried again has a result and is not finished.
    private static let unfinishedActions = """
        UPDATE action SET finished = intended WHERE result IS NOT NULL AND finished IS NULL;
        DROP INDEX action_open;
        CREATE INDEX action_unfinished ON action (cluster, partition, id) WHERE finished IS NULL;
        """

    /// `run` has all runs and how they ended. `touch` has the commits that changed a file: an action without anything to do leaves no row.
    /// For a new job, the action of the commit records the change; a row of `touch` replaces it if the action is removed.
    private static let historySchema = """
        CREATE TABLE run (
            cluster TEXT NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,
            "commit" TEXT NOT NULL,
            phase TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
            started DATETIME, completed DATETIME,
            PRIMARY KEY (cluster, partition, id, number)
        ) WITHOUT ROWID;
        INSERT INTO run (cluster, partition, id, number, "commit", phase)
            SELECT cluster, partition, id, run, "commit", phase FROM job WHERE applied IS NOT NULL AND run > 0;

        CREATE TABLE touch (
            cluster TEXT NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL, "commit" TEXT NOT NULL,
            seen DATETIME NOT NULL,
            PRIMARY KEY (cluster, partition, id, "commit")
        ) WITHOUT ROWID;

        CREATE INDEX action_result ON action (kind, result);
        """

    /// `runCommit` is the branch tip when a run first started; NULL if it never did. Runs of older versions took their code from the commit
    /// that last changed the job file.
    private static let runCommits = """
        ALTER TABLE run ADD COLUMN runCommit TEXT;
        UPDATE run SET runCommit = "commit" WHERE "commit" <> '' AND (started IS NOT NULL OR phase <> 'suspended');
        ALTER TABLE job ADD COLUMN runCommit TEXT;
        UPDATE job SET runCommit = (
            SELECT runCommit FROM run WHERE run.cluster = job.cluster AND run.partition = job.partition
                AND run.id = job.id AND run.number = job.run
        ) WHERE applied IS NOT NULL AND run > 0;
        """

    /// `job.author` is the author of `job."commit"`; empty in rows of earlier versions until ``recordAuthors(_:)``.
    ///
    /// `run.activeSeconds` is the time that the parts of a run ran which are over, NULL if no replica has started; `activeSince` is when the
    /// current part began. `action.phase` and `action.activeSeconds` are those of its run when a suspension ended the part of the action;
    /// NULL while they are those of the run.
    private static let authorsAndTimes = """
        ALTER TABLE job ADD COLUMN author TEXT NOT NULL DEFAULT '';
        \(numbersAuthors)
        ALTER TABLE run ADD COLUMN activeSeconds REAL;
        ALTER TABLE run ADD COLUMN activeSince DATETIME;
        UPDATE run SET activeSeconds = max(0, round((julianday(completed) - julianday(started)) * 86400, 3))
            WHERE started IS NOT NULL AND completed IS NOT NULL;
        UPDATE run SET activeSeconds = 0, activeSince = started
            WHERE started IS NOT NULL AND completed IS NULL AND phase IN ('running', 'restarting');
        ALTER TABLE action ADD COLUMN phase TEXT;
        ALTER TABLE action ADD COLUMN activeSeconds REAL;
        """
}
