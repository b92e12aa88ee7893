public import Jobs

/// A job file that a commit added, changed or removed.
///
/// It is handed on without a copy, as ``ReadJobFile`` is.
public final class JobFileChange: Sendable {
    /// What is at the path now.
    public enum Content: Sendable {
        case gone
        /// The file is gone, and its job is not deleted; the sentence says why.
        case kept(because: String)
        case file(ReadJobFile)
    }

    /// The job that the file defines.
    public let key: JobKey
    /// What is at the path at the new commit.
    public let content: Content
    /// What is empty or nil in it leaves what is known, as nil does for all of it.
    public let attribution: Attribution?

    /// A change to be taken in with ``Journal/takeIn(_:skipped:changes:strays:approvesPruning:now:)``.
    public init(key: JobKey, content: Content, attribution: Attribution?) {
        self.key = key
        self.content = content
        self.attribution = attribution
    }

    /// What is wrong with the file, or why its job is not deleted.
    public var issues: [Issue] {
        switch content {
        case .gone: []
        case .kept(let reason): [Issue(path: key.path, severity: .warning, message: reason)]
        case .file(let file): file.issues
        }
    }
}
