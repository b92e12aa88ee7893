import Foundation
package import Git
package import TestSupport

/// A repository of one test, made with real git.
package struct Fixture: Sendable {
    /// What holds all of the test's folders.
    package let folder: TemporaryFolder
    /// The work tree, or the repository itself where it is bare.
    package let path: String

    /// The machine's own configuration and variables left out.
    private static let environment = [
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "Ann Lee", "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Bob May", "GIT_COMMITTER_EMAIL": "bob@example.org",
    ]

    /// Makes an empty repository, with `main` as the branch to be.
    package init(_ options: String...) async throws {
        folder = try TemporaryFolder()
        path = folder.path("repository")
        try await git(["init", "--quiet", "--initial-branch=main"] + options + [path], in: folder.url.path)
    }

    /// Names a repository that was made by git itself.
    package init(folder: TemporaryFolder, path: String) {
        self.folder = folder
        self.path = path
    }

    /// Runs git in the repository, or elsewhere.
    ///
    /// - Returns: what it printed, without the last line's end.
    @discardableResult
    package func git(_ arguments: [String], in place: String? = nil, environment: [String: String] = [:]) async throws
        -> String
    {
        let all = Self.environment.merging(environment) { $1 }
        let output = try await run(["git"] + arguments, in: place ?? path, environment: all)
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    /// Runs git in the repository.
    @discardableResult
    package func git(_ arguments: String...) async throws -> String {
        try await git(arguments)
    }

    /// Runs a shell's script in the repository.
    package func shell(_ script: String) async throws -> String {
        try await run(["sh", "-ec", script], in: path, environment: Self.environment)
    }

    /// Writes a file of the work tree.
    package func write(_ text: String = "", to name: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Removes a file of the work tree.
    package func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// Commits the whole work tree.
    @discardableResult
    package func commit(_ message: String = "Change") async throws -> ObjectID {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "--message", message)
        return try await id("HEAD")
    }

    /// The id of a revision, as git has it.
    package func id(_ revision: String) async throws -> ObjectID {
        let text = try await git("rev-parse", "--verify", revision)
        guard let id = ObjectID(text) else { throw CocoaError(.coderInvalidValue) }
        return id
    }

    /// Removes a loose object's file.
    package func lose(_ id: ObjectID) throws {
        let digits = id.description
        let objects =
            FileManager.default.fileExists(atPath: "\(path)/.git") ? "\(path)/.git/objects" : "\(path)/objects"
        try FileManager.default.removeItem(atPath: "\(objects)/\(digits.prefix(2))/\(digits.dropFirst(2))")
    }

    /// Opens it.
    package func open() throws -> Repository {
        try Repository.open(path: path)
    }
}

extension Fixture {
    /// Writes an object as it is, whatever git thinks of it.
    ///
    /// - Parameter bytes: in the notation of `printf`: `\\n`, `\\0`, `\\366`.
    package func literal(_ type: String, _ bytes: String) async throws -> ObjectID {
        let script = "printf '\(bytes)' | git hash-object --literally -t \(type) -w --stdin | tr -d '\\n'"
        return try await made(script)
    }

    /// The object that a script prints the name of.
    package func made(_ script: String) async throws -> ObjectID {
        guard let id = ObjectID(try await shell(script)) else { throw NeverHappened(description: script) }
        return id
    }

    /// Writes a commit with a header of the test's own.
    ///
    /// - Parameters:
    ///   - header: the lines behind the parents, in the notation of `printf`.
    ///   - message: the same.
    package func literalCommit(tree: String, parents: [ObjectID], _ header: String, message: String = "x\\n")
        async throws
        -> ObjectID
    {
        let lines = ["tree \(tree)"] + parents.map { "parent \($0)" } + [header]
        return try await literal("commit", lines.joined(separator: "\\n") + "\\n\\n" + message)
    }
}
