import Git
import Jobs
import Journal
import Synchronization

/// How much of job files the service keeps.
package struct FileLimits: Sendable {
    /// How many job files a commit may have. Default: 200,000.
    package var files = 200_000
    /// How many bytes they may have together. Default: 256 MiB.
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

/// Holds a commit's job files against the limits, and remembers what they came to: to count all of them again costs a look at each.
final class FileCount: Sendable {
    private let known = Mutex<(commit: ObjectID, totals: FileTotals)?>(nil)

    /// What the files have that a commit leaves as they were.
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

    /// Remembers what a commit's files came to.
    func note(_ totals: FileTotals, at commit: ObjectID) {
        known.withLock { $0 = (commit, totals) }
    }
}

/// Bytes that may still be read.
final class ByteBudget: Sendable {
    private let left: Mutex<Int>
    private let limit: Int

    /// - Parameters:
    ///   - spent: how many of them are spent already.
    ///   - limit: all of them.
    init(spent: Int, limit: Int) {
        left = Mutex(limit - spent)
        self.limit = limit
    }

    /// - Throws: ``RepositoryTooLarge`` where no bytes are left.
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
