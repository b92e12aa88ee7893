import Git
import Jobs
import Journal
import Synchronization

/// The most job files that the service keeps.
package struct FileLimits: Sendable {
    /// The most job files that a commit may have. Default: 200,000.
    package var files = 200_000
    /// The most bytes that they may have together. Default: 256 MiB.
    package var bytes = 256 << 20

    /// The defaults.
    package init() {}
}

/// A commit has more job files than the service keeps.
enum RepositoryTooLarge: Error, CustomStringConvertible {
    case files(Int, limit: Int)
    case bytes(limit: Int)

    var description: String {
        switch self {
        case .files(let count, let limit):
            "it has \(count) job files, and at most \(limit) are supported; remove some, or split the repository"
        case .bytes(let limit):
            """
            its job files have more than \(limit) bytes together, which is the most that is supported; \
            make them smaller, or split the repository
            """
        }
    }
}

extension JobsBranch {
    /// The totals of the job files that a commit does not change.
    func unchangedFiles(_ files: [ChangedFile], since old: ObjectID?, _ journal: Journal) async throws -> FileTotals {
        let keys = files.compactMap { file in if case .job(let key) = file.place { key } else { nil } }
        return try await fileCount.unchanged(since: old, changed: keys, in: journal)
    }

    /// - Throws: ``RepositoryTooLarge`` if a commit has too many job files.
    func checkCount(_ files: [ChangedFile], beside unchanged: FileTotals) throws {
        let present = files.count { file in
            if case .job = file.place { file.entry != nil } else { false }
        }
        let count = unchanged.files + present
        guard present == 0 || count <= limits.files else {
            throw RepositoryTooLarge.files(count, limit: limits.files)
        }
    }
}

/// The totals of the newest commit's job files, remembered because counting them reads each row of the journal.
final class FileCount: Sendable {
    private let known = Mutex<(commit: ObjectID, totals: FileTotals)?>(nil)

    /// The totals of the files that a commit leaves as they were.
    func unchanged(since old: ObjectID?, changed keys: [JobKey], in journal: Journal) async throws -> FileTotals {
        let known = known.withLock(\.self)
        var totals = FileTotals()
        if let known, known.commit == old {
            totals = known.totals
        } else {
            totals = try await journal.fileTotals()
        }
        guard totals.files > 0 else { return totals }
        let changed = try await journal.fileTotals(of: keys)
        return FileTotals(files: totals.files - changed.files, bytes: totals.bytes - changed.bytes)
    }

    /// Remembers the totals of a commit.
    func store(_ totals: FileTotals, at commit: ObjectID) {
        known.withLock { $0 = (commit, totals) }
    }
}

/// How many bytes of job files may still be read.
final class ByteBudget: Sendable {
    private let left: Mutex<Int>
    private let limit: Int

    /// - Parameters:
    ///   - spent: the bytes that are spent already.
    ///   - limit: the most bytes in all.
    init(spent: Int, limit: Int) {
        left = Mutex(limit - spent)
        self.limit = limit
    }

    /// - Throws: ``RepositoryTooLarge`` if no bytes are left.
    func spend(_ bytes: Int) throws {
        let isSpent = left.withLock { left in
            left -= bytes
            return left < 0
        }
        if isSpent { throw RepositoryTooLarge.bytes(limit: limit) }
    }

    /// How many bytes were spent.
    var spent: Int { limit - left.withLock(\.self) }
}
