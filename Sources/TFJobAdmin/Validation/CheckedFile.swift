import Jobs

/// A file that was checked.
struct CheckedFile: Sendable {
    /// As it is shown.
    let path: String
    /// Nil where it was not read: a symbolic link, say.
    let bytes: [UInt8]?
    /// Each with the path as it is shown.
    let issues: [Issue]

    /// Checks a file by its place and its content.
    ///
    /// - Parameters:
    ///   - shown: the path to show.
    ///   - place: the path from the repository's root; nil where that is not known, as for a single file somewhere.
    ///   - content: its bytes, or why it is no file to read.
    init(shown: String, place: String?, content: Content) {
        path = shown
        switch content {
        case .unusable(let fault):
            bytes = nil
            issues = [Issue(path: shown, severity: .error, message: fault)]
        case .bytes(let read):
            bytes = read
            switch place.map({ JobPath($0) }) {
            case .job(let key):
                issues = JobFile.read(read, at: key).issues.map { $0.moved(to: shown) }
            case .stray(let fault):
                issues = [Issue(path: shown, severity: .error, message: fault)]
            case .ignored, nil:
                issues = JobFile.read(read, at: .anywhere).issues
                    .filter { !["/partition", "/metadata/partition"].contains($0.pointer) }
                    .map { $0.moved(to: shown) }
            }
        }
    }

    /// What is at a path.
    enum Content {
        case bytes([UInt8])
        case unusable(String)

        static let notRegular = Content.unusable(
            "a job file is a regular file, not a symbolic link or a submodule; write the job itself here"
        )

        static let tooLarge = Content.unusable("a job file has at most \(JobFile.largest) bytes (1 MiB)")
    }
}

extension JobKey {
    /// The key of a file whose place says nothing; what it says of its partition can't be held against it.
    fileprivate static let anywhere = JobKey(cluster: "any", partition: "any", id: "any")
}

extension Issue {
    /// The same issue under another path.
    fileprivate func moved(to path: String) -> Issue {
        Issue(path: path, line: line, column: column, pointer: pointer, severity: severity, message: message)
    }
}
