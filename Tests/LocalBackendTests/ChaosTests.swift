import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

/// Random signals to replicas and supervisors.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ChaosTests {
    private static let shapes: [[(ReplicaType, Int)]] = [
        [(.worker, 1)], [(.worker, 2)], [(.chief, 1), (.worker, 2)], [(.chief, 1), (.worker, 1), (.ps, 1)],
    ]

    private static func job(_ scene: LocalScene, _ generator: inout SeededGenerator) -> Job {
        let shape = shapes[Int.random(in: 0..<shapes.count, using: &generator)]
        let policy = RestartPolicy.allCases[Int.random(in: 0..<RestartPolicy.allCases.count, using: &generator)]
        var job = scene.job(.runForever, shape, notes: "unused")
        job.args = [scene.folder.path("finish")]
        for index in job.replicas.indices {
            job.replicas[index].restartPolicy = policy
        }
        var runPolicy = RunPolicy()
        (runPolicy.backoffLimit, runPolicy.gracePeriodSeconds) = (2, 2)
        job.runPolicy = runPolicy
        return job
    }

    /// The processes of the scene: supervisors and replicas.
    private static func processes(_ scene: LocalScene) throws -> [(pid: Int32, isSupervisor: Bool)] {
        let state = Data(scene.folder.path("local/runs").utf8)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).compactMap { pid in
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            if command.range(of: Data("supervise".utf8)) != nil, command.range(of: state) != nil { return (pid, true) }
            return environment.range(of: Data("TFJOB_REPLICA_FOLDER=".utf8) + state) != nil ? (pid, false) : nil
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `every run ends as its policy says, and no process is left`(seed: UInt64) async throws {
        let scene = try LocalScene()
        let text = """
            import os, sys, time
            while not os.path.exists(sys.argv[1]):
                time.sleep(0.05)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var generator = SeededGenerator(seed: seed)
        let requests = (0..<8).map { scene.request("job-\($0)", Self.job(scene, &generator)) }
        try await withBackend(scene) { backend in
            for request in requests {
                try await backend.start(request)
            }
            try await eventually("each run has a process") { try Self.processes(scene).count >= requests.count }
            for _ in 0..<24 {
                let processes = try Self.processes(scene)
                guard !processes.isEmpty else { break }
                let victim = processes[Int.random(in: 0..<processes.count, using: &generator)]
                kill(victim.pid, Bool.random(using: &generator) ? SIGKILL : SIGTERM)
                try await eventually("the signal has an effect") {
                    try !Self.processes(scene).contains { $0.pid == victim.pid }
                }
            }
            try Data().write(to: URL(fileURLWithPath: scene.folder.path("finish")))
            for request in requests {
                // The pauses before the two restarts are 0 s and 10 s.
                try await eventually("\(request.id) ends", within: .seconds(90)) {
                    try await backend.observe(request.id)?.status.phase.isFinal == true
                }
                let status = try #require(try await backend.observe(request.id)?.status)
                let restarts = status.replicas.map(\.restartCount).max() ?? 0
                #expect(restarts <= 2)
                if status.phase == .failed {
                    let isExpected = ["ReplicaFailed", "BackoffLimitExceeded"].contains(status.reason)
                    #expect(isExpected, "\(request.id): \(status)")
                    #expect(!status.message.isEmpty)
                }
            }
            try await eventually("no process is left") { try Self.processes(scene).isEmpty }
        }
    }
}
