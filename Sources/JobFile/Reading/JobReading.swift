public import Jobs

/// The result of reading a job file.
public struct JobReading: Sendable {
    /// The job; nil exactly if one of the issues is an error.
    public let job: Job?
    /// The issues in the order of the file: at most 100, and one more that counts the rest.
    public let issues: [Issue]
    /// The job's dependencies in the order of the file. Present even if the file has errors, so that all errors are
    /// reported at once.
    public let dependencies: [Dependency]
    /// The repository's code that the job runs, even if the file has errors; nil if it needs none.
    public let code: JobCode?
    /// The file's length in bytes; 0 if it was not read.
    public var size = 0

    init(job: Job?, issues: [Issue], dependencies: [Dependency] = [], code: JobCode? = nil) {
        self.job = job
        self.issues = issues
        self.dependencies = dependencies
        self.code = code
    }

    /// The reading of a file that is not regular, too large or missing.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - fault: a sentence with the fault and what to do.
    public static func unusable(_ path: String, _ fault: String) -> JobReading {
        JobReading(job: nil, issues: [Issue(path: path, severity: .error, message: fault)])
    }

    /// The path is a symbolic link or a submodule.
    public static func notRegular(_ path: String) -> JobReading {
        unusable(path, "a job file is a regular file, not a symbolic link or a submodule; write the job itself here")
    }

    /// The file is a Git LFS pointer.
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
