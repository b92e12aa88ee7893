import Foundation
import Subprocess
import SystemPackage

/// Creates the files of a jobs repository. Existing files stay as they are.
struct Scaffold {
    /// The paths of new and of existing files, from the root of the repository.
    struct Report {
        var made: [String] = []
        var kept: [String] = []
    }

    private let folder: URL
    private let isBare: Bool
    private(set) var report = Report()

    init(folder: URL, isBare: Bool) {
        self.folder = folder
        self.isBare = isBare
    }

    /// Creates the missing files.
    ///
    /// - Throws: ``CommandError``
    mutating func createRepository() async throws {
        if isBare, !exists("HEAD") {
            try await checkIdentity()
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandError("\(folder.path) can't be made: \(error.localizedDescription)")
        }
        let files = ScaffoldFile.workTree(python: await Self.pythonVersion() ?? "3.11")
        guard isBare else {
            if !exists(".git") {
                try await git(["init", "--quiet", "--initial-branch=main"], in: folder)
            }
            return try writeFiles(files)
        }
        if !exists("HEAD") {
            try await git(["init", "--quiet", "--bare", "--initial-branch=main"], in: folder)
        }
        if (try? await git(["config", "receive.fsckObjects"], in: folder)) == nil {
            // Refuse malformed objects at the push, because git would complain about them later.
            try await git(["config", "receive.fsckObjects", "true"], in: folder)
        }
        if try await git(["for-each-ref", "--count=1"], in: folder).isEmpty {
            try await commitFiles(files)
        } else {
            report.kept.append("its branches")
        }
        guard let program = Bundle.main.executablePath else {
            throw CommandError("the path of this program is not known; start it by its full path")
        }
        try writeFiles(ScaffoldFile.hooks(program: program))
    }

    private func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    private mutating func writeFiles(_ files: [ScaffoldFile]) throws {
        for file in files {
            if try Self.writeFile(file, in: folder) {
                report.made.append(file.path)
            } else {
                report.kept.append(file.path)
            }
        }
    }

    /// Writes a file unless it exists.
    ///
    /// - Returns: false if the file exists.
    private static func writeFile(_ file: ScaffoldFile, in folder: URL) throws -> Bool {
        let url = folder.appendingPathComponent(file.path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try file.content.write(to: url, options: .withoutOverwriting)
            if file.isExecutable {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
            }
            return true
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            return false
        } catch {
            throw CommandError("\(url.path) can't be written: \(error.localizedDescription)")
        }
    }

    /// Creates the first commit of an empty bare repository in a temporary work tree.
    private mutating func commitFiles(_ files: [ScaffoldFile]) async throws {
        let tree = FileManager.default.temporaryDirectory.appendingPathComponent("tfjob-admin-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: tree) }
        try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
        for file in files {
            _ = try Self.writeFile(file, in: tree)
            report.made.append("main:\(file.path)")
        }
        try await git(["init", "--quiet", "--initial-branch=main"], in: tree)
        try await git(["add", "--all", "--force"], in: tree)
        try await checkIdentity()
        try await git(
            Self.knownAuthorsAlone + ["commit", "--quiet", "--message", "Begin with an example job"],
            in: tree
        )
        try await git(["push", "--quiet", folder.path, "HEAD:refs/heads/main"], in: tree)
    }

    /// Keeps git from inventing an author address from the names of the user and the host.
    private static let knownAuthorsAlone = ["-c", "user.useConfigOnly=true"]

    /// Checks that git knows the author of the first commit.
    private func checkIdentity() async throws {
        let place = FileManager.default.temporaryDirectory
        try await git(["version"], in: place)
        do {
            for name in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
                try await git(Self.knownAuthorsAlone + ["var", name], in: place)
            }
        } catch {
            throw CommandError(
                "git does not know who writes the first commit; set it with git config --global user.name \"YOUR NAME\" and git config --global user.email YOU@EXAMPLE.ORG, and run this again"
            )
        }
    }

    @discardableResult
    private func git(_ arguments: [String], in folder: URL) async throws -> String {
        do {
            let result = try await Subprocess.run(
                .name("git"),
                arguments: Arguments(arguments),
                workingDirectory: FilePath(folder.path),
                input: .none,
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 16)
            )
            guard result.terminationStatus.isSuccess else {
                throw CommandError("git \(arguments.joined(separator: " ")) failed: \(result.standardError)")
            }
            return result.standardOutput
        } catch let error as SubprocessError {
            throw CommandError("git can't be run; install it and try again (\(error))")
        }
    }

    /// Returns the version of the `python3` on the `PATH`, for example `3.11`.
    private static func pythonVersion() async -> String? {
        let script = "import sys; print('%d.%d' % sys.version_info[:2], end='')"
        let result = try? await Subprocess.run(
            .name("python3"),
            arguments: ["-c", script],
            input: .none,
            output: .string(limit: 64),
            error: .discarded
        )
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput
    }
}
