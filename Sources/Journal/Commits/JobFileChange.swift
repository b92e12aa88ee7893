public import Foundation
public import JobFile
public import Jobs

/// A job file that a commit added, changed or removed.
///
/// A class, so that many changes are passed on without copies, as ``ReadJobFile``.
public final class JobFileChange: Sendable {
    /// What the new commit has at the path.
    public enum Content: Sendable {
        case gone
        /// The file is gone, and its job is not deleted; the sentence says why.
        case kept(because: String)
        case file(ReadJobFile)
    }

    /// The job that the file defines.
    public let key: JobKey
    /// What the new commit has at the path.
    public let content: Content
    /// The commits that added and last changed the file. Nil, and each empty part, keeps what is known.
    public let attribution: Attribution?

    /// A change for ``Journal/recordCommit(_:skipped:changes:strays:notes:codeFolders:approvesPruning:now:)``.
    public init(key: JobKey, content: Content, attribution: Attribution?) {
        self.key = key
        self.content = content
        self.attribution = attribution
    }

    /// The issues of the file, or why its job is not deleted.
    public var issues: [Issue] {
        switch content {
        case .gone: []
        case .kept(let reason): [Issue(path: key.path, severity: .warning, message: reason)]
        case .file(let file): file.issues
        }
    }
}

/// A job file in the journal's own form.
///
/// It is built where the file is parsed, on all processors, and then passed on without a copy: copies took much of the time of a first
/// indexing.
public final class ReadJobFile: Sendable {
    /// The file's object id.
    public let blob: String
    /// The issues of the file; without an error it is usable.
    public let issues: [Issue]
    /// Whether the file defines a job.
    public var isUsable: Bool { job != nil }
    /// The canonical form of the job; nil if the file is unusable.
    let job: String?
    /// The hash of the canonical form; nil if the file is unusable.
    let hash: String?
    /// The file's length in bytes.
    let size: Int
    let name: String?
    /// The issues in the journal's form.
    public let issuesText: String
    let dependencies: String?

    /// Converts the parts of a file.
    ///
    /// - Parameters:
    ///   - blob: the file's object id.
    ///   - job: the job; nil if the file is unusable.
    ///   - size: the file's length in bytes.
    ///   - issues: the issues of the file.
    ///   - dependencies: the jobs that the job waits for.
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

    /// Converts a reading.
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

/// Who added and last changed a job file, and when.
public struct Attribution: Sendable, Equatable {
    /// The mail address of the author who added the file; empty if unknown.
    public var uid: String
    /// When the file was added; nil if unknown.
    public var created: Date?
    /// When the file was last changed; nil if unknown.
    public var updated: Date?
    /// The commit that last changed the file, 40 hexadecimal digits; empty if unknown.
    public var commit: String
    /// The mail address of the author of that commit; empty if unknown.
    public var author: String

    /// By default, nothing is known.
    public init(
        uid: String = "",
        created: Date? = nil,
        updated: Date? = nil,
        commit: String = "",
        author: String = ""
    ) {
        self.uid = uid
        self.created = created
        self.updated = updated
        self.commit = commit
        self.author = author
    }
}
