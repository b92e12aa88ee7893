import Foundation

/// The work tree of a repository with its uncommitted changes. The `git` program reads it, so that filters, ignored
/// files and the index apply as in `git add`.
public struct WorkTree: Sendable {
    /// The top folder.
    public let path: String
    private let index: String
    private let objects: String
    private let common: String

    /// The time limit of one git call.
    private static let deadline = Duration.seconds(120)
    /// The maximum length of a list of paths in bytes.
    private static let longestOutput = 256 << 20

    /// Finds the work tree that contains a folder.
    ///
    /// - Returns: nil if there is none, as in a bare repository, or if git is not on the PATH.
    public init?(around folder: String) async {
        let arguments = [
            "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-path", "index", "--git-path", "objects",
            "--git-common-dir",
        ]
        guard let output = try? await Self.git(arguments, in: folder) else { return nil }
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 4 else { return nil }
        (path, index, objects, common) = (lines[0], lines[1], lines[2], lines[3])
    }

    /// The files below a folder that differ from `HEAD`, sorted, without ignored files.
    ///
    /// - Parameter folder: relative to the top.
    /// - Throws: ``WorkTreeError`` if git fails.
    public func uncommittedPaths(under folder: String) async throws(WorkTreeError) -> [String] {
        let status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", folder]
        let output = try await git(status, ["GIT_OPTIONAL_LOCKS": "0"])
        // Each entry is two letters, a space and the path.
        return output.split(separator: 0).map { String(decoding: $0.dropFirst(3), as: UTF8.self) }.sorted()
    }

    /// Creates a temporary commit of the work tree, like `git add --all` and `git commit`, for the duration of a call.
    ///
    /// The repository itself does not change: the index and the objects are written to a temporary folder. Untracked
    /// files over 1 MiB are committed without their content.
    ///
    /// - Parameter body: receives a repository with the commit and with all objects of the real one, but without
    ///   references.
    /// - Throws: ``WorkTreeError`` if git fails, and the errors of `body`.
    public func withSnapshot<Result: Sendable>(
        _ body: (Repository, _ commit: ObjectID) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tfjob-admin-\(UUID().uuidString)", isDirectory: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let commit = try await makeSnapshot(in: folder)
        return try await body(try Repository.open(path: folder.path), commit)
    }

    private func makeSnapshot(in folder: URL) async throws -> ObjectID {
        let manager = FileManager.default
        for name in ["objects/info", "refs"] {
            try manager.createDirectory(
                at: folder.appendingPathComponent(name),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        let files = [("HEAD", "ref: refs/heads/main\n"), ("objects/info/alternates", "\(objects)\n")]
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        for (source, name) in [(index, "index"), ("\(common)/shallow", "shallow")] {
            if manager.fileExists(atPath: source) {
                try manager.copyItem(atPath: source, toPath: folder.appendingPathComponent(name).path)
            }
        }
        let variables = [
            "GIT_INDEX_FILE": folder.appendingPathComponent("index").path,
            "GIT_OBJECT_DIRECTORY": folder.appendingPathComponent("objects").path,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
            "GIT_AUTHOR_NAME": "tfjob-admin", "GIT_AUTHOR_EMAIL": "tfjob-admin@localhost",
            "GIT_COMMITTER_NAME": "tfjob-admin", "GIT_COMMITTER_EMAIL": "tfjob-admin@localhost",
        ]
        _ = try await git(["add", "--update"], variables)
        try await addUntrackedFiles(variables)
        let tree = String(decoding: try await git(["write-tree", "--missing-ok"], variables), as: UTF8.self)
        let head = try? await git(["rev-parse", "--verify", "--quiet", "HEAD"])
        let parent = head.map { ["-p", String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .newlines)] } ?? []
        let words = ["commit-tree", "-m", "The work tree"] + parent + [tree.trimmingCharacters(in: .newlines)]
        let output = String(decoding: try await git(words, variables), as: UTF8.self)
        guard let commit = ObjectID(output.trimmingCharacters(in: .newlines)) else {
            throw WorkTreeError(description: "git commit-tree printed no commit")
        }
        return commit
    }

    /// In bytes. A larger untracked file is data that a plan does not need.
    private static let largestUntracked = 1 << 20
    /// The id of the empty blob.
    private static let emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

    private func addUntrackedFiles(_ variables: [String: String]) async throws(WorkTreeError) {
        let output = try await git(["ls-files", "--others", "--exclude-standard", "-z"], variables)
        // The path of a nested repository ends with a slash.
        let paths = output.split(separator: 0).filter { $0.last != UInt8(ascii: "/") }
        guard !paths.isEmpty else { return }
        var whole: [UInt8] = []
        var names: [UInt8] = []
        for name in paths {
            let file = "\(path)/\(String(decoding: name, as: UTF8.self))"
            let size = (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int ?? 0
            if size <= Self.largestUntracked {
                whole += name + [0]
            } else {
                names += Array("100644 \(Self.emptyBlob)\t".utf8) + name + [0]
            }
        }
        _ = try await git(["update-index", "--add", "-z", "--stdin"], variables, input: whole)
        _ = try await git(["update-index", "--add", "-z", "--index-info"], variables, input: names)
    }

    private func git(
        _ arguments: [String],
        _ variables: [String: String] = [:],
        input: [UInt8] = []
    ) async throws(WorkTreeError) -> [UInt8] {
        try await Self.git(arguments, variables, input: input, in: path)
    }

    private static func git(
        _ arguments: [String],
        _ variables: [String: String] = [:],
        input: [UInt8] = [],
        in folder: String
    ) async throws(WorkTreeError) -> [UInt8] {
        let own = ProcessInfo.processInfo.environment.merging(variables) { $1 }.merging(["LC_ALL": "C"]) { $1 }
        var program = ChildProgram(name: "git", environment: own, folder: folder)
        program.outputLimit = longestOutput
        let ended: ChildProgram.Ended
        do throws(ChildFailure) {
            ended = try await program.run(arguments, input: input, deadline: deadline)
        } catch {
            throw WorkTreeError(description: "git \(arguments[0]) can't be run: \(error)")
        }
        guard ended.code == 0 else {
            let complaint = ended.complaint.trimmingCharacters(in: .whitespacesAndNewlines)
            throw WorkTreeError(description: "git \(arguments[0]) failed: \(complaint)")
        }
        return ended.output
    }
}

/// Why git could not read a work tree.
public struct WorkTreeError: Error, CustomStringConvertible, Sendable {
    /// A sentence for the user.
    public let description: String

    /// - Parameter description: the sentence.
    public init(description: String) {
        self.description = description
    }
}
