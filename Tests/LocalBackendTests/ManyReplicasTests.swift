import Foundation
import Jobs
import Platform
import TestSupport
import Testing

@testable import LocalBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct ManyReplicasTests {
    /// 500 with `Tests/run --full`.
    @Test
    func `hundreds of replicas run and end together, and their supervisors need next to nothing`() async throws {
        let count = sweep(40, full: 500).count
        let scene = try LocalScene()
        let request = scene.request("many", scene.job(.runForever, [(.worker, count)], notes: "notes"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("all run", within: .seconds(240)) { scene.pids("notes").count == count }
            let files = RunFolder(request.id, in: backend.runsFolder)
            let supervisors = (0..<count).compactMap {
                files.replica("worker-\($0)", attempt: 1).supervisor?.process.pid
            }
            #expect(Set(supervisors).count == count)
            #expect(supervisors.allSatisfy { ProcessFigures.residentKilobytes(of: $0) < 10_000 })
            try await eventually("all are seen to run") {
                try await backend.observe(request.id)?.status.replicas.allSatisfy { $0.state == .running } == true
            }
            let before = supervisors.map(ProcessFigures.cpuSeconds).reduce(0, +)
            let begin = Date()
            // The time itself is what is measured.
            try await Task.sleep(for: .seconds(5))
            let used = supervisors.map(ProcessFigures.cpuSeconds).reduce(0, +) - before
            let share = used / Date().timeIntervalSince(begin) / Double(count)
            print("\(count) replicas: a supervisor uses \(share * 100) % of a core")
            #expect(share < 0.001)
            try await backend.stop(request.id)
            #expect(scene.pids("notes").allSatisfy { ProcessStat.of($0)?.hasEnded ?? true })
            #expect(supervisors.allSatisfy { ProcessStat.of($0)?.hasEnded ?? true })
            if let root = await backend.controlGroups?.root.path {
                #expect(!FileManager.default.fileExists(atPath: root))
            }
        }
    }
}
