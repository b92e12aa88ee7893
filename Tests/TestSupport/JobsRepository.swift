import Foundation

/// A bare repository and a clone to push from, made with real git.
package struct JobsRepository: Sendable {
    /// The bare repository, as a service reads it.
    package let bare: String
    /// The work tree.
    package let clone: String

    /// Who commits, when, and without the machine's own configuration.
    private static let environment = [
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
    ].merging(people) { $1 }

    /// Who commits: a new machine knows no author.
    package static let people = [
        "GIT_AUTHOR_NAME": "Ann Lee", "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann Lee", "GIT_COMMITTER_EMAIL": "ann@example.org",
    ]

    /// Makes both, empty, with `main` as the branch to be.
    package init(in folder: TemporaryFolder) async throws {
        bare = folder.path("jobs.git")
        clone = folder.path("clone")
        try await run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare], in: folder.url.path)
        try await run(["git", "init", "--quiet", "--initial-branch=main", clone], in: folder.url.path)
        try await git("remote", "add", "origin", bare)
    }

    /// Runs git in the clone.
    @discardableResult
    package func git(_ arguments: String...) async throws -> String {
        try await run(["git"] + arguments, in: clone, environment: Self.environment)
    }

    /// Runs git in the clone at a time of the test's own choice.
    ///
    /// - Parameters:
    ///   - time: in seconds since 1970, for author and committer.
    ///   - arguments: git's own.
    @discardableResult
    package func git(at time: Int, _ arguments: [String]) async throws -> String {
        let dates = ["GIT_AUTHOR_DATE": "\(time) +0000", "GIT_COMMITTER_DATE": "\(time) +0000"]
        return try await run(["git"] + arguments, in: clone, environment: Self.environment.merging(dates) { $1 })
    }

    /// Writes a file of the work tree.
    package func write(_ text: String, to path: String) throws {
        let url = URL(fileURLWithPath: clone).appendingPathComponent(path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Removes a file of the work tree.
    package func remove(_ path: String) throws {
        try FileManager.default.removeItem(at: URL(fileURLWithPath: clone).appendingPathComponent(path))
    }

    /// Commits the whole work tree.
    ///
    /// - Returns: the commit, 40 hexadecimal digits.
    @discardableResult
    package func commit(_ message: String = "Change jobs") async throws -> String {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "--message", message)
        return try await git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Pushes what is committed.
    package func push(_ branch: String = "main") async throws {
        try await git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
    }

    /// Commits and pushes the whole work tree.
    ///
    /// - Returns: the commit, 40 hexadecimal digits.
    @discardableResult
    package func publish(_ message: String = "Change jobs") async throws -> String {
        let commit = try await commit(message)
        try await push()
        return commit
    }
}
