/// The code of the jobs repository that a job runs: where it is looked for, without the rest of the job.
public struct JobCode: Hashable, Sendable {
    /// The folder in its shortest form, relative to the repository's root; empty for the root, which is taken without `clusters/`.
    public let folder: String
    /// What runs in the folder.
    public let program: Program

    /// Nil where the job runs code that is on the machine or volume.
    public init?(_ job: Job) {
        self.init(workdir: job.workdir, program: job.program)
    }

    package init?(workdir: String?, program: Program) {
        guard program.isOfRepository(workdir: workdir) else { return nil }
        folder = RelativePath.shortest(workdir ?? "")
        self.program = program
    }

    /// The folder as messages name it.
    public var folderName: String { folder.isEmpty ? "the repository's root" : folder }
}

/// Paths within a folder.
public enum RelativePath {
    /// The path without `.`, empty steps and `..` after a name. Steps upwards at its beginning stay.
    public static func shortest(_ path: String) -> String {
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == "..", let last = steps.last, last != ".." {
                steps.removeLast()
            } else {
                steps.append(step)
            }
        }
        return steps.joined(separator: "/")
    }
}
