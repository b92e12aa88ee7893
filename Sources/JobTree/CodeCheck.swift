public import Git
import JobFile
public import Jobs

/// Checks that a tree of the jobs repository has the code that jobs run.
///
/// This is a check of a tree and not a rule of the job file: a definition in force stays readable even if its code is
/// gone.
public struct CodeCheck: Sendable {
    /// An error or a warning about a job that its file alone does not show.
    public struct Finding: Sendable, Hashable {
        /// The key of the job file that names the code.
        public let key: String
        /// The severity. With an error, the job does not start.
        public let severity: Issue.Severity
        /// A sentence that tells the user what to do.
        public let message: String

        /// Creates a finding at a key of the job file.
        public init(key: String, severity: Issue.Severity, message: String) {
            (self.key, self.severity, self.message) = (key, severity, message)
        }

        /// Returns the finding as an issue at the value of the key in a job file.
        public func issue(path: String, in bytes: [UInt8]) -> Issue {
            let place = JobFile.place(of: key, in: bytes)
            return Issue(
                path: path,
                line: place?.line ?? 1,
                column: place?.column ?? 1,
                pointer: place?.pointer ?? "",
                severity: severity,
                message: message
            )
        }
    }

    private let repository: Repository
    private let root: ObjectID
    /// The items of folders by their trees, because many jobs use the same folders.
    private var listings: [ObjectID: [String: TreeItem]] = [:]
    private var remarks: [ObjectID: [ExportRemark]] = [:]

    /// - Parameters:
    ///   - repository: the repository with the commit.
    ///   - commit: the commit to check.
    /// - Throws: ``GitError`` if the commit can't be read.
    public init(_ repository: Repository, at commit: ObjectID) async throws(GitError) {
        self.repository = repository
        root = try await repository.rootTree(of: commit)
    }

    /// Returns the errors in the code of a job, and warnings about files that the run may find different.
    ///
    /// - Throws: ``GitError`` if a tree can't be read.
    public mutating func findings(of code: JobCode) async throws(GitError) -> [Finding] {
        let faults = try await faults(of: code)
        guard let tree = try await tree(of: code.folder) else { return faults }
        return faults + (try await requirementWarnings(in: tree, of: code)) + (try await warnings(on: tree, of: code))
    }

    /// Checks only the folder and the program of a job.
    ///
    /// - Returns: an error if the job can't run, and a warning for a module that must be installed.
    /// - Throws: ``GitError`` if a tree can't be read.
    public mutating func faults(of code: JobCode) async throws(GitError) -> [Finding] {
        let steps = code.folder.split(separator: "/").map(String.init)
        let fault: String
        switch try await followPath(steps, in: root) {
        case .folder(let tree, _): return try await findings(of: code.program, in: tree, of: code)
        case .stop(let stop): fault = message(stop, wantsFolder: true, in: "this repository")
        case .file(let path): fault = "\(quoted(path)) is a file: write the folder that it is in"
        }
        return [Finding(key: "workdir", severity: .error, message: fault)]
    }

    /// Returns the tree of a folder, or nil if there is no such folder.
    public mutating func tree(of folder: String) async throws(GitError) -> ObjectID? {
        let steps = folder.split(separator: "/").map(String.init)
        guard case .folder(let tree, _) = try await followPath(steps, in: root) else { return nil }
        return tree
    }

    /// Returns the content of a folder, for the comparison with another commit. Returns nil if there is no such folder.
    public mutating func content(of folder: String) async throws(GitError) -> [String: TreeItem]? {
        guard let tree = try await tree(of: folder) else { return nil }
        guard folder.isEmpty else { return ["": .folder(tree)] }
        return try await items(of: tree, at: "").filter { $0.key != JobPath.root }
    }
}

// MARK: - Paths

extension CodeCheck {
    /// The target of a path.
    private enum Found {
        case folder(ObjectID, path: String)
        case file(path: String)
        case stop(Stop)
    }

    /// The reason why a path has no target.
    private enum Stop {
        case missing(name: String, folder: String, siblings: [String: TreeItem])
        case notFolder(path: String)
        case link(path: String)
        case submodule(path: String)
    }

    private mutating func items(of tree: ObjectID, at path: String) async throws(GitError) -> [String: TreeItem] {
        if let known = listings[tree] { return known }
        let items = try await repository.items(of: tree, at: path)
        listings[tree] = items
        return items
    }

    /// Follows the steps of a path through folders.
    private mutating func followPath(
        _ steps: [String],
        in tree: ObjectID,
        at path: String = ""
    ) async throws(GitError) -> Found {
        var (tree, path) = (tree, path)
        for (index, step) in steps.enumerated() {
            let items = try await items(of: tree, at: path)
            let next = path.isEmpty ? step : "\(path)/\(step)"
            switch items[step] {
            case nil: return .stop(.missing(name: step, folder: path, siblings: items))
            case .folder(let id): (tree, path) = (id, next)
            case .entry(let entry):
                switch entry.kind {
                case .symbolicLink: return .stop(.link(path: next))
                case .submodule: return .stop(.submodule(path: next))
                case .folder: return .stop(.notFolder(path: next))
                case .file, .executable:
                    return index == steps.count - 1 ? .file(path: next) : .stop(.notFolder(path: next))
                }
            }
        }
        return .folder(tree, path: path)
    }

    private func message(_ stop: Stop, wantsFolder: Bool, in home: String) -> String {
        switch stop {
        case .missing(let name, let folder, let siblings):
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            let names = siblings.filter { wantsFolder ? $0.value.isFolder : true }.keys.sorted()
            let close = Suggestion.closest(to: name, among: names).map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
            let advice =
                close.map { "did you mean \(quoted($0))?" } ?? "write one that is there, or add it to the commit"
            return "there is no \(wantsFolder ? "folder" : "file") \(quoted(path)) in \(home): \(advice)"
        case .notFolder(let path): return "\(quoted(path)) is a file, so nothing can be in it: write another path"
        case .link(let path):
            return "\(quoted(path)) is a symbolic link, which is not followed: write the folder that it leads to"
        case .submodule(let path):
            return "\(quoted(path)) is a submodule, which is not checked out: add the files to this repository"
        }
    }

    private func quoted(_ text: String) -> String { Quoted.text(text) }
}

// MARK: - The program

extension CodeCheck {
    private mutating func findings(
        of program: Program,
        in tree: ObjectID,
        of code: JobCode
    ) async throws(GitError) -> [Finding] {
        switch program {
        case .script(let bootfile):
            guard !bootfile.hasPrefix("/") else { return [] }
            let steps = RelativePath.shortest(bootfile).split(separator: "/").map(String.init)
            guard let fault = try await fault(of: steps, in: tree, of: code) else { return [] }
            let advice = bootfile == "-m" ? "; to run a module, write \"module\" in place of \"bootfile\"" : ""
            return [Finding(key: "bootfile", severity: .error, message: fault + advice)]
        case .module(let name):
            for file in program.moduleFiles {
                let steps = file.split(separator: "/").map(String.init)
                if try await fault(of: steps, in: tree, of: code) == nil { return [] }
            }
            let files = program.moduleFiles.joined(separator: " nor ")
            let message =
                "there is neither \(files) in \(code.folderName): the run needs an installed package that has \(quoted(name))"
            return [Finding(key: "module", severity: .warning, message: message)]
        }
    }

    /// The maximum number of symbolic links on a path, as in Linux.
    private static let mostLinks = 40

    /// Describes why there is no file at a path of the exported folder. Returns nil if there is one, or if this is
    /// unknown.
    private mutating func fault(of steps: [String], in tree: ObjectID, of code: JobCode) async throws(GitError)
        -> String?
    {
        if code.folder.isEmpty, steps.first == JobPath.root {
            return "\(JobPath.root)/ is no part of the code: move the script out of it"
        }
        var steps = steps
        for _ in 0..<Self.mostLinks {
            switch try await followPath(steps, in: tree) {
            case .file: return nil
            case .folder(_, let path): return "\(quoted(path)) is a folder: write the path of the script in it"
            case .stop(.link(let path)):
                guard let next = try await followed(steps, over: path, in: tree) else { return nil }
                steps = next
            case .stop(let stop): return message(stop, wantsFolder: false, in: code.folderName)
            }
        }
        return
            "\(quoted(steps.joined(separator: "/"))) leads through too many symbolic links: write the path of the script itself"
    }

    /// Replaces a link in a path by its target. Returns nil if the target is outside the folder.
    private mutating func followed(_ steps: [String], over link: String, in tree: ObjectID) async throws(GitError)
        -> [String]?
    {
        let way = link.split(separator: "/").map(String.init)
        guard let name = way.last,
            case .folder(let folder, let path) = try await followPath(way.dropLast(), in: tree),
            case .entry(let entry) = try await items(of: folder, at: path)[name],
            case .bytes(let bytes) = try await repository.content(of: entry, limit: PathLimit.bytes),
            LinkTarget(bytes: bytes).isInside(depth: way.count - 1)
        else { return nil }
        let target = String(decoding: bytes, as: UTF8.self)
        let joined = (way.dropLast() + [target] + steps.dropFirst(way.count)).joined(separator: "/")
        return RelativePath.shortest(joined).split(separator: "/").map(String.init)
    }
}

private enum PathLimit {
    /// The maximum length of a path in bytes, `PATH_MAX` of Linux.
    static let bytes = 4096
}

// MARK: - Warnings

extension CodeCheck {
    /// The maximum number of remarks on a folder. One more warning says that there are others.
    private static let shownMost = 10

    /// The maximum number of warnings about lines of one file.
    private static let mostLines = 10

    /// Warns of lines of `requirements.txt` that a local cluster can't install. On other clusters the image has the packages, so they
    /// are no errors.
    private mutating func requirementWarnings(in tree: ObjectID, of code: JobCode) async throws(GitError) -> [Finding] {
        guard !code.folder.isEmpty,
            case .entry(let entry) = try await items(of: tree, at: code.folder)["requirements.txt"],
            [.file, .executable].contains(entry.kind),
            case .bytes(let bytes) = try await repository.content(of: entry, limit: Requirement.largestFile)
        else { return [] }
        return Requirement.readFile(bytes).faults.prefix(Self.mostLines).map { fault in
            let message = "\(code.folder)/\(fault.message); a local cluster does not start the job"
            return Finding(key: "workdir", severity: .warning, message: message)
        }
    }

    private mutating func warnings(on tree: ObjectID, of code: JobCode) async throws(GitError) -> [Finding] {
        let isRoot = code.folder.isEmpty
        let all: [ExportRemark]
        if let known = remarks[tree] {
            all = known
        } else {
            all = await repository.exportRemarks(
                on: tree,
                excluding: isRoot ? [JobPath.root] : [],
                limit: Self.shownMost + 1
            )
            remarks[tree] = all
        }
        var messages = all.prefix(Self.shownMost).map { message($0) }
        if all.count > Self.shownMost {
            messages.append("there are more links, submodules and pointers like these in \(code.folderName)")
        }
        return messages.map { Finding(key: "workdir", severity: .warning, message: $0) }
    }

    private func message(_ remark: ExportRemark) -> String {
        switch remark.kind {
        case .outsideLink(let target):
            "\(quoted(remark.path)) is a symbolic link to \(quoted(target)), outside the working directory: the run may not find it there"
        case .submodule:
            "\(quoted(remark.path)) is a submodule, which is not checked out: the run finds an empty folder"
        case .lfsPointer:
            "\(quoted(remark.path)) is a Git LFS pointer: the run finds the pointer and not the content"
        }
    }
}

extension TreeItem {
    fileprivate var isFolder: Bool {
        if case .folder = self { true } else { false }
    }
}
