import Foundation
import Git
import GitSupport
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct RefWatcherTests {
    /// What a watcher has signalled so far. Its reader ends with the repository, which the test removes.
    private final class Signals: Sendable {
        private let state = Mutex((count: 0, hasEnded: false))

        var count: Int { state.withLock(\.count) }
        var hasEnded: Bool { state.withLock(\.hasEnded) }

        init(_ watcher: RefWatcher) {
            Task {
                for await _ in watcher {
                    self.state.withLock { $0.count += 1 }
                }
                self.state.withLock { $0.hasEnded = true }
            }
        }

        /// Waits for a signal after those that were there before.
        func wait(after count: Int, for what: String) async throws {
            try await eventually("a signal for \(what)", within: promised(.seconds(5))) { self.count > count }
        }
    }

    /// Does something and waits for its signal; quiet before, so that no earlier signal counts.
    private func expectSignal(_ signals: Signals, for what: String, _ action: () async throws -> Void) async throws {
        var count = signals.count
        while true {
            try await Task.sleep(for: .milliseconds(30))
            let now = signals.count
            if now == count { break }
            count = now
        }
        try await action()
        try await signals.wait(after: count, for: what)
    }

    @Test func `the first signal comes at once`() async throws {
        let fixture = try await Fixture()
        let signals = Signals(try await RefWatcher(repository: fixture.path, branch: "main"))
        try await signals.wait(after: 0, for: "the beginning")
    }

    @Test(arguments: ["main", "team/jobs/served"])
    func `a bare repository signals each way a branch moves`(branch: String) async throws {
        let fixture = try await Fixture("--bare")
        let clone = Fixture(folder: fixture.folder, path: fixture.folder.path("clone"))
        try await fixture.git("clone", "--quiet", fixture.path, clone.path)
        let first = try await clone.commit("1")
        let signals = Signals(try await RefWatcher(repository: fixture.path, branch: branch))
        try await expectSignal(signals, for: "the first push") {
            try await clone.git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
        }
        try await clone.commit("2")
        try await expectSignal(signals, for: "a push") {
            try await clone.git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "pack-refs") { try await fixture.git("pack-refs", "--all") }
        try await clone.commit("3")
        try await expectSignal(signals, for: "a push after pack-refs") {
            try await clone.git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "update-ref") {
            try await fixture.git("update-ref", "refs/heads/\(branch)", first.description)
        }
        try await expectSignal(signals, for: "a deletion") {
            try await fixture.git("update-ref", "-d", "refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "a push after the deletion") {
            try await clone.git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "pack-refs again") { try await fixture.git("pack-refs", "--all") }
        // Of a packed branch, only packed-refs has a trace.
        try await expectSignal(signals, for: "a packed branch's deletion") {
            try await fixture.git("update-ref", "-d", "refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "a push anew") {
            try await clone.git("push", "--quiet", "origin", "HEAD:refs/heads/\(branch)")
        }
        try await expectSignal(signals, for: "a checkout") {
            try await fixture.git("symbolic-ref", "HEAD", "refs/heads/elsewhere")
        }
    }

    @Test func `a work tree signals a commit`() async throws {
        let fixture = try await Fixture()
        let signals = Signals(try await RefWatcher(repository: fixture.path, branch: "main"))
        for number in 1...3 {
            try await expectSignal(signals, for: "commit \(number)") { try await fixture.commit("\(number)") }
        }
    }

    @Test func `an added work tree signals what happens in the common repository`() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        let added = fixture.folder.path("added")
        try await fixture.git("worktree", "add", "--quiet", "-b", "side", added)
        let signals = Signals(try await RefWatcher(repository: added, branch: "main"))
        try await expectSignal(signals, for: "a commit elsewhere") { try await fixture.commit() }
        try await expectSignal(signals, for: "a checkout here") {
            try await fixture.git(["checkout", "--quiet", "--detach"], in: added)
        }
    }

    @Test func `other branches are silent`() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        let signals = Signals(try await RefWatcher(repository: fixture.path, branch: "main"))
        try await signals.wait(after: 0, for: "the beginning")
        for name in ["other", "main2", "team/main"] {
            let control = Signals(try await RefWatcher(repository: fixture.path, branch: name))
            try await control.wait(after: 0, for: "the beginning of \(name)")
            let before = (main: signals.count, other: control.count)
            try await fixture.git("update-ref", "refs/heads/\(name)", "HEAD")
            try await control.wait(after: before.other, for: name)
            #expect(signals.count == before.main, "\(name)")
        }
        // The signal for main shows that this watcher has seen what came before, which was silent.
        let before = signals.count
        try await fixture.git(
            "update-ref",
            "refs/heads/main",
            try await fixture.git("commit-tree", "-m", "x", "HEAD^{tree}")
        )
        try await signals.wait(after: before, for: "main")
    }

    @Test func `signals that were not read are one`() async throws {
        let fixture = try await Fixture("--bare")
        let tree = try await fixture.shell("git mktree < /dev/null | tr -d '\\n'")
        let watcher = try await RefWatcher(repository: fixture.path, branch: "main")
        for number in 0..<20 {
            let commit = try await fixture.git("commit-tree", "-m", "\(number)", tree)
            try await fixture.git("update-ref", "refs/heads/main", commit)
        }
        let signals = Signals(watcher)
        try await signals.wait(after: 0, for: "all of them")
        try await Task.sleep(for: .milliseconds(50))
        #expect(signals.count <= 2)
    }

    @Test func `the signals end with the repository`() async throws {
        let fixture = try await Fixture("--bare")
        let signals = Signals(try await RefWatcher(repository: fixture.path, branch: "main"))
        try await signals.wait(after: 0, for: "the beginning")
        try FileManager.default.removeItem(atPath: fixture.path)
        try await eventually("the end", within: promised(.seconds(5))) { signals.hasEnded }
    }

    @Test func `where no repository is nothing is watched`() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: GitError.repositoryNotFound(path: folder.url.path)) {
            try await RefWatcher(repository: folder.url.path, branch: "main")
        }
    }
}
