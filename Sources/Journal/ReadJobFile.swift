public import JobFile
public import Jobs

/// What a job file says, in the journal's own form.
///
/// It is made where the file is read, on all processors, and then handed on without a copy: of a first indexing's time, copying what was
/// read was a large part.
public final class ReadJobFile: Sendable {
    /// The file's object id.
    public let blob: String
    /// What is wrong with the file; without an error it can be used.
    public let issues: [Issue]
    /// Whether there is a job in it.
    public var isUsable: Bool { job != nil }
    /// The job in its canonical form; nil where the file can't be used.
    let job: String?
    /// Of the canonical form; nil where the file can't be used.
    let hash: String?
    /// The file's length in bytes.
    let size: Int
    let name: String?
    /// The issues in the journal's form.
    public let issuesText: String
    let dependencies: String?

    /// Takes what was found in a file.
    ///
    /// - Parameters:
    ///   - blob: the file's object id.
    ///   - job: nil where the file can't be used; the issues say why.
    ///   - size: the file's length in bytes.
    ///   - issues: what was found wrong.
    ///   - dependencies: what the job waits for.
    public init(blob: String, job: Job?, size: Int = 0, issues: [Issue], dependencies: [Dependency] = []) throws {
        self.blob = blob
        self.issues = issues
        self.size = size
        self.job = StoredJob.text(job)
        hash = self.job.map(Definitions.hash)
        name = job?.name
        issuesText = issues.isEmpty ? StoredValue.noIssues : try StoredValue.text(issues)
        self.dependencies = dependencies.isEmpty ? nil : try StoredValue.text(dependencies)
    }

    /// Takes what the reader found in a file.
    public convenience init(blob: String, _ reading: JobReading) throws {
        try self.init(
            blob: blob,
            job: reading.job,
            size: reading.size,
            issues: reading.issues,
            dependencies: reading.dependencies
        )
    }
}
