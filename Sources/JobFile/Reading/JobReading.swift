public import Jobs

/// What a job file was read as.
public struct JobReading: Sendable {
    /// Nil exactly when one of the issues is an error.
    public let job: Job?
    /// In the order of the file; at most 100, and then one that says how many more there are.
    public let issues: [Issue]
    /// What the job waits for, in the order of the file, also where something else in it is wrong: all is to be told at once.
    public let dependencies: [Dependency]
    /// The code of the repository that the job runs, also where something else in the file is wrong; nil where it needs none.
    public let code: JobCode?
    /// The file's length in bytes; 0 where it was not read.
    public var size = 0

    init(job: Job?, issues: [Issue], dependencies: [Dependency] = [], code: JobCode? = nil) {
        self.job = job
        self.issues = issues
        self.dependencies = dependencies
        self.code = code
    }

    /// A file that is not read: no regular one, too large, or not to be had.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - fault: a sentence that says what to do.
    public static func unusable(_ path: String, _ fault: String) -> JobReading {
        JobReading(job: nil, issues: [Issue(path: path, severity: .error, message: fault)])
    }

    /// What is at the path is a symbolic link or a submodule.
    public static func notRegular(_ path: String) -> JobReading {
        unusable(path, "a job file is a regular file, not a symbolic link or a submodule; write the job itself here")
    }

    /// What is at the path is a Git LFS pointer.
    public static func lfsPointer(_ path: String) -> JobReading {
        unusable(
            path,
            "this is a Git LFS pointer, not the job: take clusters/ out of Git LFS in .gitattributes, and add the file again"
        )
    }

    /// The file is larger than ``JobFile/largest``.
    public static func tooLarge(_ path: String, bytes: Int) -> JobReading {
        unusable(
            path,
            "the file has \(bytes) bytes: a job file has at most \(JobFile.largest) (1 MiB); keep data beside clusters/"
        )
    }
}
