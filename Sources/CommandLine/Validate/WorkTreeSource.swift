import Foundation
import Git
import JobTree
import Jobs

/// Reads and checks job files on disk. If their folder is the top of a work tree, this includes the code of the jobs.
struct WorkTreeSource {
    /// The files and folders to check.
    let paths: [String]
    private let clusters: KnownClusters

    /// Messages to the user besides the issues.
    private(set) var notes: [String] = []

    init(paths: [String], clusters: KnownClusters = .all) {
        self.paths = paths
        self.clusters = clusters
    }

    /// Reads and checks the files.
    mutating func checkFiles() async throws -> [CheckedFile] {
        var all: [CheckedFile] = []
        var roots: [URL: FileSource.Files] = [:]
        var order: [URL] = []
        for path in paths {
            let read = try FileSource(path: path, clusters: clusters).checkFiles()
            guard let root = read.root else {
                all += read.files.map(\.file)
                continue
            }
            if roots[root] == nil {
                order.append(root)
            }
            var known = roots[root] ?? FileSource.Files(root: root, prefix: read.prefix)
            known.files += read.files
            known.scopes += read.scopes
            roots[root] = known
        }
        for root in order {
            guard var files = roots[root] else { continue }
            try await checkCode(&files, in: root)
            all += files.files.map(\.file).checkingDependencies { place in
                FileManager.default.fileExists(atPath: root.appendingPathComponent(place).path)
            }
        }
        return all
    }

    /// Checks the code of the jobs in the state that a commit of the work tree would have.
    private mutating func checkCode(_ files: inout FileSource.Files, in root: URL) async throws {
        guard let tree = await WorkTree(around: root.path), Self.isSame(tree.path, root.path) else { return }
        do {
            let read = files
            files = try await tree.withSnapshot { repository, commit in
                try await Self.checked(read, repository, commit)
            }
        } catch let error as WorkTreeError {
            notes.append("the code of the jobs is not checked: \(error)")
        } catch let error as GitError {
            notes.append("the code of the jobs is not checked: \(error)")
        }
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        URL(fileURLWithPath: left).resolvingSymlinksInPath().path
            == URL(fileURLWithPath: right).resolvingSymlinksInPath().path
    }

    /// Whether one path equals the other or is below it.
    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || left.hasPrefix(right + "/") || right.hasPrefix(left + "/")
    }

    private static func checked(
        _ read: FileSource.Files,
        _ repository: Repository,
        _ commit: ObjectID
    ) async throws -> FileSource.Files {
        var result = read
        let modules = try await repository.tree(at: commit, under: JobPath.root).filter { $0.kind == .submodule }
        for module in modules where read.scopes.contains(where: { Self.overlap($0, module.path) }) {
            // On disk, a submodule looks like a folder.
            let hidden = FolderFault(.submodule, hidingJobsAt: module.path)
            result.files.removeAll { hidden.hides($0.place) || $0.place == module.path }
            let shown = read.prefix + module.path
            let file =
                module.folderFault.map { CheckedFile(shown: shown, fault: $0) }
                ?? CheckedFile(shown: shown, place: module.path, content: .notRegular)
            result.files.append((module.path, file))
        }
        if !modules.isEmpty {
            result.files.sort { $0.place < $1.place }
        }
        var check = try await CodeCheck(repository, at: commit)
        for index in result.files.indices {
            let (place, file) = result.files[index]
            guard let code = file.code else { continue }
            let findings = try await check.findings(of: code)
            guard !findings.isEmpty, let path = read.root?.appendingPathComponent(place).path,
                let bytes = file.bytes ?? FileManager.default.contents(atPath: path).map(Array.init)
            else { continue }
            result.files[index].file = file.adding(findings, in: bytes)
        }
        return result
    }
}
