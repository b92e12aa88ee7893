public import Git
import JobFile
public import Jobs

/// Checks that a tree of the jobs repository has the code that jobs run.
///
/// It is a check of a tree and no rule of the job file: a definition in force stays readable whatever became of its code.
public struct CodeCheck: Sendable {
    /// Something wrong, or not quite right, with the code of a job.
    public struct Finding: Sendable, Hashable {
        /// The key of the job file that names the code.
        public let key: String
        /// An error keeps the job from being started.
        public let severity: Issue.Severity
        /// A sentence that says what to do.
        public let message: String

        /// The finding at the key's value in a job file.
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
    /// Lists folders by their trees: many jobs look at the same ones.
    private var listings: [ObjectID: [String: TreeItem]] = [:]
    private var remarks: [ObjectID: [ExportRemark]] = [:]

    /// - Parameters:
    ///   - repository: has the commit.
    ///   - commit: the commit whose tree is checked.
    /// - Throws: ``GitError`` where the commit can't be read.
    public init(_ repository: Repository, at commit: ObjectID) async throws(GitError) {
        self.repository = repository
        root = try await repository.rootTree(of: commit)
    }

    /// Finds what is wrong with a job's code, and what the run may not find as people expect it.
    ///
    /// - Throws: ``GitError`` where a tree can't be read.
    public mutating func findings(of code: JobCode) async throws(GitError) -> [Finding] {
        let faults = try await faults(of: code)
        guard let tree = try await tree(of: code.folder) else { return faults }
        return faults + (try await warnings(on: tree, of: code))
    }

    /// Finds what is wrong with a job's folder and program alone.
    ///
    /// - Returns: errors where the job can't run, and a warning for a module that has to be installed.
    /// - Throws: ``GitError`` where a tree can't be read.
    public mutating func faults(of code: JobCode) async throws(GitError) -> [Finding] {
        let steps = code.folder.split(separator: "/").map(String.init)
        let fault: String
        switch try await follow(steps, in: root, at: "") {
        case .folder(let tree, _): return try await findings(of: code.program, in: tree, of: code)
        case .stop(let stop): fault = message(stop, wantsFolder: true, in: "this repository")
        case .file(let path): fault = "\(quoted(path)) is a file: write the folder that it is in"
        }
        return [Finding(key: "workdir", severity: .error, message: fault)]
    }

    /// The tree of a folder; nil where there is no such folder.
    public mutating func tree(of folder: String) async throws(GitError) -> ObjectID? {
        let steps = folder.split(separator: "/").map(String.init)
        guard case .folder(let tree, _) = try await follow(steps, in: root, at: "") else { return nil }
        return tree
    }

    /// The items of a code folder, to compare with those of another commit; nil if the folder is missing.
    public mutating func content(of folder: String) async throws(GitError) -> [String: TreeItem]? {
        guard let tree = try await tree(of: folder) else { return nil }
        guard folder.isEmpty else { return ["": .folder(tree)] }
        return try await items(of: tree, at: "").filter { $0.key != JobPath.root }
    }
}

// MARK: - Paths

extension CodeCheck {
    /// What a path leads to.
    private enum Found {
        case folder(ObjectID, path: String)
        case file(path: String)
        case stop(Stop)
    }

    /// Why a path leads to nothing.
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

    /// Follows the steps of a path through folders alone.
    private mutating func follow(_ steps: [String], in tree: ObjectID, at path: String) async throws(GitError) -> Found
    {
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

    /// How many symbolic links a path may go through, as Linux counts.
    private static let mostLinks = 40

    /// Why there is no file at a path of the exported folder; nil where there is one, or where that can't be known.
    private mutating func fault(of steps: [String], in tree: ObjectID, of code: JobCode) async throws(GitError)
        -> String?
    {
        if code.folder.isEmpty, steps.first == JobPath.root {
            return "\(JobPath.root)/ is no part of the code: move the script out of it"
        }
        var steps = steps
        for _ in 0..<Self.mostLinks {
            switch try await follow(steps, in: tree, at: "") {
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

    /// The steps of a path with a link replaced by what it leads to; nil where that is outside the folder.
    private mutating func followed(_ steps: [String], over link: String, in tree: ObjectID) async throws(GitError)
        -> [String]?
    {
        let way = link.split(separator: "/").map(String.init)
        guard let name = way.last,
            case .folder(let folder, let path) = try await follow(way.dropLast(), in: tree, at: ""),
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
    /// As Linux counts: `PATH_MAX`.
    static let bytes = 4096
}

// MARK: - Warnings

extension CodeCheck {
    /// How many remarks on a folder a job has; one more says that there are others.
    private static let shownMost = 10

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
