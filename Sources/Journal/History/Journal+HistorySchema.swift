extension Journal {
    /// `run` has each run of each job and how it ended, `touch` which commits changed which file: an action whose plan comes to nothing
    /// leaves no row. A job that is new has its row of `touch` only then: as long as there is an action of the commit, that tells it.
    static let historySchema = """
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

    /// `runCommit` is the branch tip when a run first started; NULL where it never did. Runs of older versions took their code from the
    /// commit that last changed the job file; one of them that was never started shows no time.
    static let runCommits = """
        ALTER TABLE run ADD COLUMN runCommit TEXT;
        UPDATE run SET runCommit = "commit" WHERE "commit" <> '' AND (started IS NOT NULL OR phase <> 'suspended');
        ALTER TABLE job ADD COLUMN runCommit TEXT;
        UPDATE job SET runCommit = (
            SELECT runCommit FROM run WHERE run.cluster = job.cluster AND run.partition = job.partition
                AND run.id = job.id AND run.number = job.run
        ) WHERE applied IS NOT NULL AND run > 0;
        """
}
