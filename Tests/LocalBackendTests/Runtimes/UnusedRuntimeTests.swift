import Foundation
import Jobs
import Platform
import Synchronization
import TestSupport
import Testing

@testable import LocalBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct UnusedRuntimeTests {
    @Test
    func `a runtime that no run has used for 30 days is removed, and never one with a live run`() async throws {
        var scene = try await InstallationScene([.init("six", "1.17.0")])
        scene.settings.packages = [try Requirement("six")]
        let start = Date()
        let clock = Clock()
        scene.settings.now = { start + TimeInterval(clock.days.load(ordering: .relaxed) * 86_400) }
        var job = try scene.job(tensorflow: nil)
        try Data("import sys, time\nprint('up', flush=True)\ntime.sleep(600)\n".utf8)
            .write(to: URL(fileURLWithPath: scene.scene.script))
        job.args = []
        let request = try scene.request("one", job)
        let old = scene.runtimes.appendingPathComponent("python-3.11-tensorflow-cpu-2.21.0")
        let locked = scene.runtimes.appendingPathComponent("locked")
        try await withBackend(scene.scene, scene.settings) { [scene] backend in
            try await backend.start(request)
            try await eventually("it runs", within: .seconds(400)) {
                try await scene.log(of: request.id, on: backend) == "up\n"
            }
            // An environment of an earlier version, and one that somebody installs.
            for folder in [old, locked] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data().write(to: folder.appendingPathComponent("complete"))
            }
            let lock = try FileLock.acquire(path: locked.path + ".lock", note: "a test")
            defer { lock.release() }
            func names() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: scene.runtimes.path).filter {
                    !$0.hasSuffix(".lock") && !$0.hasSuffix(".log")
                }.sorted()
            }
            let used = try #require(try names().first { $0 != "locked" && $0 != old.lastPathComponent })
            clock.days.store(29, ordering: .relaxed)
            await backend.removeUnusedRuntimes()
            #expect(try names() == [used, old.lastPathComponent, "locked"].sorted())
            clock.days.store(31, ordering: .relaxed)
            await backend.removeUnusedRuntimes()
            #expect(try names() == [used, "locked"].sorted())
            // A start is a use.
            try await backend.stop(request.id)
            try await backend.start(request)
            try await eventually("it runs again", within: .seconds(400)) {
                try await scene.log(of: request.id, on: backend) == "up\nup\n"
            }
            try await backend.stop(request.id)
            clock.days.store(60, ordering: .relaxed)
            await backend.removeUnusedRuntimes()
            #expect(try names() == [used, "locked"].sorted())
            clock.days.store(62, ordering: .relaxed)
            await backend.removeUnusedRuntimes()
            #expect(try names() == ["locked"])
            // The run makes it again.
            try await backend.start(request)
            try await eventually("it runs once more", within: .seconds(400)) {
                try await scene.log(of: request.id, on: backend) == "up\nup\nup\n"
            }
            #expect(try names() == [used, "locked"].sorted())
        }
    }

    private final class Clock: Sendable {
        let days = Atomic(0)
    }
}
