import Foundation
import Git
import Jobs

/// Takes a job's code out of the repository: each folder once per commit, shared by all runs that want it.
actor CodeStore {
    private struct Checkout: Hashable {
        let commit: String
        /// Nil for the whole tree.
        let folder: String?
    }

    private let root: URL
    private let limit: Int
    private var inProgress: [Checkout: Task<Void, any Error>] = [:]

    /// - Parameters:
    ///   - root: the folder to write to; made if absent.
    ///   - limit: the most bytes of one folder of code.
    init(root: URL, limit: Int) {
        (self.root, self.limit) = (root, limit)
    }

    /// The folder that a job's working directory stands for.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - commit: the commit that last changed the job file.
    ///   - repository: where the commit is.
    /// - Returns: nil where the job names an absolute folder, or needs none.
    /// - Throws: ``GitError`` where the commit has no such folder or can't be read.
    func folder(for job: Job, at commit: ObjectID, in repository: Repository) async throws -> String? {
        guard Self.isNeeded(by: job) else { return nil }
        let checkout = Checkout(commit: commit.description, folder: job.workdir.flatMap(Self.normalized))
        let target = url(of: checkout)
        if FileManager.default.fileExists(atPath: target.path) { return target.path }
        if let task = inProgress[checkout] {
            try await task.value
            return target.path
        }
        let task = Task {
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try await repository.export(
                folder: checkout.folder,
                at: commit,
                excluding: checkout.folder == nil ? ["clusters"] : [],
                limit: limit,
                to: target.path
            )
        }
        inProgress[checkout] = task
        defer { inProgress[checkout] = nil }
        try await task.value
        return target.path
    }

    /// Whether a job runs code of the repository.
    static func isNeeded(by job: Job) -> Bool {
        job.usesRepositoryCode
    }

    /// `./code//mnist/` is `code/mnist`, and `.` is the whole tree.
    private static func normalized(_ folder: String) -> String? {
        let parts = folder.split(separator: "/").filter { $0 != "." }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// One folder may lie in another, so each gets a name without slashes.
    private func url(of checkout: Checkout) -> URL {
        let name = checkout.folder.map { folder in
            "folder-" + folder.replacing("%", with: "%25").replacing("/", with: "%2F")
        }
        return root.appendingPathComponent(checkout.commit).appendingPathComponent(name ?? "all")
    }
}
