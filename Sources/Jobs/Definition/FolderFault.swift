/// Something below `clusters/` in place of a folder, which hides the job files that the folder had or that it leads to.
public struct FolderFault: Sendable, Hashable {
    /// What is at the path.
    public enum Cause: String, Sendable {
        case link = "a symbolic link"
        case submodule = "a submodule"
        case file = "a file"
    }

    /// Relative to the repository's root.
    public let path: String
    /// What is there.
    public let cause: Cause

    /// What is at the path; use ``init(_:at:)`` where it may be harmless.
    public init(_ cause: Cause, hidingJobsAt path: String) {
        self.path = path
        self.cause = cause
    }

    /// Judges what is at a path by the path alone.
    ///
    /// A symbolic link hides job files where the folder of a cluster or of a partition would, or `partitions` itself, and a submodule hides
    /// all that is below it. A file may be documentation where a cluster or a partition would be.
    ///
    /// - Returns: nil where no job file can be below the path.
    public init?(_ cause: Cause, at path: String) {
        let steps = path.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.first == "clusters", let last = steps.last else { return nil }
        let isFixed = steps.count == 1 || steps.count == 3 && last == "partitions"
        let isNamed = (steps.count == 2 || steps.count == 4) && JobPath.labelFault(String(last)) == nil
        switch cause {
        case .submodule: guard !path.utf8.suffix(5).elementsEqual(".json".utf8) else { return nil }
        case .link: guard isFixed || isNamed else { return nil }
        case .file: guard isFixed else { return nil }
        }
        self.init(cause, hidingJobsAt: path)
    }

    /// The error at the path.
    public var issue: Issue {
        Issue(
            path: path,
            severity: .error,
            message:
                "\(cause.rawValue) stands where a folder of job files belongs, so no job below it is read: put the folder itself here"
        )
    }

    /// Why a job whose file was below the path is not deleted.
    public var reasonToKeep: String {
        "\(path) has become \(cause.rawValue), so the job is not deleted: bring the folder back, or remove \(path) to delete it"
    }

    /// Whether a file is below the path.
    public func hides(_ file: String) -> Bool {
        file.utf8.starts(with: path.utf8) && file.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: "/")
    }
}
