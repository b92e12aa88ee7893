import Git
import JobFile
import JobTree
import Jobs

/// Files that were checked.
struct CheckedFiles: Sendable {
    /// How many there are.
    let count: Int
    /// Those of which there is something to say, in order; others may be among them.
    let notable: [CheckedFile]
}

/// A file that was checked.
struct CheckedFile: Sendable {
    /// As it is shown.
    let path: String
    /// Nil where nothing in it is to be shown, or it was not read: a symbolic link, say.
    let bytes: [UInt8]?
    /// Each with the path as it is shown.
    let issues: [Issue]
    /// Which job it is of; nil where its place does not say.
    let key: JobKey?
    /// What the job waits for.
    let dependencies: [Dependency]
    /// The code of the repository that the job runs; nil where it needs none.
    let code: JobCode?

    /// Checks a file by its place and its content.
    ///
    /// - Parameters:
    ///   - shown: the path to show.
    ///   - place: the path from the repository's root; nil where that is not known, as for a single file somewhere.
    ///   - content: what it holds.
    init(shown: String, place: String?, content: FileContent) {
        switch place.map({ JobPath($0) }) {
        case .job(let key):
            let reading = JobReading(content, at: key)
            self.init(shown, content, reading.issues, key, reading.dependencies, reading.code)
        case .stray(let fault):
            self.init(shown, content, [Issue(path: shown, severity: .error, message: fault)])
        case .lookalike(let advice):
            self.init(shown, nil, [Issue(path: shown, severity: .warning, message: advice)])
        case .ignored, nil:
            let issues = JobReading(content, at: .anywhere).issues.filter {
                !["/partition", "/metadata/partition"].contains($0.pointer)
            }
            self.init(shown, content, issues)
        }
    }

    /// A folder that is not opened, since it has too many others around it.
    init(tooDeep path: String) {
        self.init(path, nil, [.tooDeep(path)])
    }

    /// Something in place of a folder of job files.
    init(shown: String, fault: FolderFault) {
        self.init(shown, nil, [fault.issue])
    }

    /// A file that can't be opened.
    init(shown: String, unreadable fault: String) {
        self.init(shown, nil, [Issue(path: shown, severity: .error, message: fault)])
    }

    private init(
        _ path: String,
        _ content: FileContent?,
        _ issues: [Issue],
        _ key: JobKey? = nil,
        _ dependencies: [Dependency] = [],
        _ code: JobCode? = nil
    ) {
        self.path = path
        self.issues = issues.map { $0.moved(to: path) }
        self.key = key
        self.dependencies = dependencies
        self.code = code
        // A file without issues may yet have one for what it depends on.
        if case .bytes(let read) = content, !issues.isEmpty || !dependencies.isEmpty {
            bytes = read
        } else {
            bytes = nil
        }
    }

    /// Whether there is something to say of it, or to look up in others.
    var isNotable: Bool { !issues.isEmpty || !dependencies.isEmpty }

    /// The same file with more issues.
    ///
    /// - Parameter bytes: the file's content, where it was not kept.
    func adding(_ more: [Issue], bytes: [UInt8]? = nil) -> CheckedFile {
        let content = (self.bytes ?? bytes).map(FileContent.bytes)
        let all = (issues + more.map { $0.moved(to: path) }).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return CheckedFile(path, content, all, key, dependencies, code)
    }

    /// The same file with what was found wrong with its code.
    func adding(_ findings: [CodeCheck.Finding], in bytes: [UInt8]) -> CheckedFile {
        findings.isEmpty ? self : adding(findings.map { $0.issue(path: path, in: bytes) }, bytes: bytes)
    }
}

extension [CheckedFile] {
    /// The same files, each with what is wrong with its `dependsOn`: ids that no file has, and circles.
    ///
    /// - Parameter exists: whether there is a file at a path from the repository's root, besides these.
    func checkingDependencies(_ exists: (String) -> Bool) -> [CheckedFile] {
        let dependencies = reduce(into: [JobKey: [Dependency]]()) { all, file in
            if let key = file.key, !file.dependencies.isEmpty {
                all[key] = file.dependencies
            }
        }
        guard !dependencies.isEmpty else { return self }
        let keys = Set(compactMap(\.key))
        let faults = DependencyCheck.faults(in: dependencies) { keys.contains($0) || exists($0.path) }
        return map { file in
            guard let more = file.key.flatMap({ faults[$0] }) else { return file }
            return file.adding(more)
        }
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
