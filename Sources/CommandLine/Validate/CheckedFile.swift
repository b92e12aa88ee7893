import Git
import JobFile
import JobTree
import Jobs

/// The result of checking several files.
struct CheckedFiles: Sendable {
    /// The number of files.
    let count: Int
    /// All files with issues, in order. Files without issues may be among them.
    let notable: [CheckedFile]
}

struct CheckedFile: Sendable {
    /// The path for the output.
    let path: String
    /// The content, for excerpts. Nil if no excerpt is needed, or the file was not read, for example because it is a
    /// symbolic link.
    let bytes: [UInt8]?
    /// The issues, with the path for the output.
    let issues: [Issue]
    /// The key of the job. Nil if the path has no key.
    let key: JobKey?
    /// The dependencies of the job.
    let dependencies: [Dependency]
    /// The code in the repository that the job runs. Nil if it runs none.
    let code: JobCode?

    /// Checks the path and the content of a file.
    ///
    /// - Parameters:
    ///   - shown: the path for the output.
    ///   - place: the path from the repository's root. Nil if the root is unknown, for example for a single file
    ///     anywhere.
    ///   - content: the content of the file.
    ///   - clusters: the clusters that the file may name.
    init(shown: String, place: String?, content: FileContent, _ clusters: KnownClusters = .all) {
        switch place.map({ JobPath($0) }) {
        case .job(let key):
            let reading = JobReading(content, at: key)
            var issues = reading.issues
            if case .bytes(let bytes) = content {
                issues += clusters.issues(of: key, reading.job, in: bytes)
                issues += reading.job.map { Issue.sharedEventFolder(of: $0, at: key.path, in: bytes) } ?? []
            }
            self.init(shown, content, issues, key, reading.dependencies, reading.code)
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

    /// Creates the result for a folder that is nested too deeply to be read.
    init(tooDeep path: String) {
        self.init(path, nil, [.tooDeep(path)])
    }

    /// Creates the result for a file, link or submodule where a folder of job files belongs.
    init(shown: String, fault: FolderFault) {
        self.init(shown, nil, [fault.issue])
    }

    /// Creates the result for a file that can't be opened.
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
        // A file with dependencies may get an issue later.
        if case .bytes(let read) = content, !issues.isEmpty || !dependencies.isEmpty {
            bytes = read
        } else {
            bytes = nil
        }
    }

    /// Whether the file has issues, or dependencies that must be checked.
    var isNotable: Bool { !issues.isEmpty || !dependencies.isEmpty }

    /// Returns the file with more issues.
    ///
    /// - Parameter bytes: the content of the file, if the file itself does not have it.
    func adding(_ more: [Issue], bytes: [UInt8]? = nil) -> CheckedFile {
        let content = (self.bytes ?? bytes).map(FileContent.bytes)
        let all = (issues + more.map { $0.moved(to: path) }).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        return CheckedFile(path, content, all, key, dependencies, code)
    }

    func adding(_ findings: [CodeCheck.Finding], in bytes: [UInt8]) -> CheckedFile {
        findings.isEmpty ? self : adding(findings.map { $0.issue(path: path, in: bytes) }, bytes: bytes)
    }
}

extension [CheckedFile] {
    /// Returns the files with the issues of `dependsOn`: unknown ids and cycles.
    ///
    /// - Parameter exists: whether another file exists at a path from the repository's root.
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
    /// The key of a file whose path has no key. Issues about its partition are ignored.
    fileprivate static let anywhere = JobKey(cluster: "any", partition: "any", id: "any")
}

extension Issue {
    /// Advises a folder of events for each run: TensorBoard draws the events of one folder as one curve.
    fileprivate static func sharedEventFolder(of job: Job, at path: String, in bytes: [UInt8]) -> [Issue] {
        guard let folder = job.eventDir, !folder.contains("{run}") else { return [] }
        let better = Quoted.text(folder + (folder.hasSuffix("/") ? "{run}" : "/{run}"))
        let message = "all runs of the job write to this folder, so their curves mix: write \(better)"
        return [
            CodeCheck.Finding(key: "eventDir", severity: .warning, message: message).issue(path: path, in: bytes)
        ]
    }

    /// Returns the issue with another path.
    fileprivate func moved(to path: String) -> Issue {
        Issue(path: path, line: line, column: column, pointer: pointer, severity: severity, message: message)
    }
}
