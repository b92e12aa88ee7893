extension Journal {
    /// Every change of what readers see of a job gets a number of its own, in the same transaction: triggers see to it that no statement
    /// forgets. `born` is the change that made the job visible, for the last time.
    ///
    /// A job that is gone keeps its row, so the numbers of all that ever changed stay.
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
}
