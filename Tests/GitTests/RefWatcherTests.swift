import Foundation
import Git
import Synchronization
import TestSupport
import Testing

@Suite
struct RefWatcherTests {
    /// Counts signs while a test goes on.
    private func watching(
        _ path: String,
        branch: String,
        _ body: (_ signs: () -> Int) async throws -> Void
    ) async throws {
        let watcher = try await RefWatcher(repository: path, branch: branch)
        let count = Counter()
        let life = Task { for await _ in watcher { count.add() } }
        defer { life.cancel() }
        try await eventually("the first sign comes by itself") { count.value > 0 }
        try await body { count.value }
    }

    @Test
    func `a push, an update by hand and a packing each give a sign at once`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try await watching(repository.bare, branch: "main") { signs in
            var before = signs()
            try await repository.publish()
            try await eventually("a sign of the push", within: .seconds(2)) { signs() > before }
            before = signs()
            try await run(["git", "pack-refs", "--all"], in: repository.bare)
            try await eventually("a sign of the packing", within: .seconds(2)) { signs() > before }
            before = signs()
            try await run(["git", "update-ref", "-d", "refs/heads/main"], in: repository.bare)
            try await eventually("a sign of the update", within: .seconds(2)) { signs() > before }
        }
    }

    @Test
    func `a branch below a folder that is made later is seen`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try await watching(repository.bare, branch: "team/a/main") { signs in
            try await repository.commit()
            var before = signs()
            try await repository.push("team/a/main")
            try await eventually("a sign of the new branch", within: .seconds(2)) { signs() > before }
            let settled = try await stable(signs)
            before = settled
            try await repository.commit("Next")
            try await repository.push("team/a/main")
            try await eventually("a sign of the push", within: .seconds(2)) { signs() > before }
        }
    }

    @Test
    func `a commit in a work tree is seen`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try await watching(repository.clone, branch: "main") { signs in
            let before = signs()
            try await repository.commit()
            try await eventually("a sign of the commit", within: .seconds(2)) { signs() > before }
        }
    }

    /// Waits until no more signs come.
    private func stable(_ signs: () -> Int) async throws -> Int {
        var last = -1
        try await eventually("the signs come to rest") {
            defer { last = signs() }
            return last == signs()
        }
        return last
    }
}

/// A number that grows.
private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() {
        count.withLock { $0 += 1 }
    }
}
