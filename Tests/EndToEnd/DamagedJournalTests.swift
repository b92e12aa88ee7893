import Foundation
import TestSupport
import Testing

/// A journal that is damaged under the service that uses it.
@Suite(.timeLimit(.minutes(hangLimit)))
struct DamagedJournalTests {
    /// Overwrites all that a file has beyond its beginning.
    private func damage(_ path: String, from offset: UInt64) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try handle.seekToEnd()
        guard size > offset else { return }
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: Int(size - offset)))
        try handle.close()
    }

    @Test
    func `a journal that is damaged in use is set aside and made anew, with no job restarted and none forgotten`()
        async throws
    {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("finished"))
        // More than SQLite keeps in memory.
        let description = String(repeating: "x", count: 3000)
        for number in 0..<1000 {
            let job = scene.job("exit", "0") { job in
                job.description = description
                job.more = [#""runPolicy": {"suspend": true}"#]
            }
            try scene.repository.write(job.text, to: scene.path("job-\(number)"))
        }
        let commit = try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await service.job("finished", reaches: "succeeded")
        try await eventually("all is done") {
            try await service.request("/api/ping").json.reconcile.lastApplied.text == commit
        }
        let starts = try await firstValue("both noted their start") { () -> [Scene.Start]? in
            let starts = try scene.starts()
            return starts.count == 2 ? starts : nil
        }
        let journal = scene.folder.path("state/journal.sqlite")
        try damage(journal, from: 4096)
        try damage(journal + "-wal", from: 32)
        try scene.repository.write(scene.job("exit", "0", "new").text, to: scene.path("new"))
        try await scene.repository.publish()
        // Whoever reads or writes next finds it.
        _ = try? await service.jobs()
        try await eventually("the program has restarted") {
            try String(contentsOfFile: service.log, encoding: .utf8).matches(of: /url=http/).count == 2
        }
        let restarted = try service.afterRestart()
        try await restarted.job("stays", reaches: "running", run: 1)
        try await restarted.job("finished", reaches: "succeeded", run: 1)
        try await restarted.job("new", reaches: "succeeded", run: 1)
        try await eventually("all jobs are known") { try await restarted.jobs().count == 1003 }
        #expect(FileManager.default.fileExists(atPath: journal + ".damaged-1"))
        #expect(try String(contentsOfFile: service.log, encoding: .utf8).contains("\(journal) is damaged"))
        try await eventually("all is well") { try await restarted.request("/api/ping").json.status.text == "ok" }
        #expect(try scene.starts().count == 3)
        #expect(try scene.starts().starts(with: starts))
        #expect(starts.count { $0.isAlive } == 1)
        try await scene.end(restarted)
    }
}
