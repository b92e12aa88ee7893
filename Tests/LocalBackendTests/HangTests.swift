import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct HangTests {
    /// A job whose workers print and work until the file `silent` names them, and are silent from then on. A restarted
    /// replica succeeds.
    private static func job(_ scene: LocalScene, _ policy: RestartPolicy) throws -> Job {
        let text = """
            import os, sys, time
            folder, index = sys.argv[1], os.environ["TFJOB_REPLICA_INDEX"]
            if os.path.exists(folder + "/started-" + index):
                sys.exit(0)
            open(folder + "/started-" + index, "w").close()
            step = 0
            while not os.path.exists(folder + "/silent-" + index):
                step += 1
                print("step", step)
                time.sleep(0.1)
            print("waits for its peers")
            time.sleep(600)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var job = scene.job(.runForever, [(.worker, 2)], notes: "unused")
        job.args = [scene.folder.url.path]
        for index in job.replicas.indices {
            job.replicas[index].restartPolicy = policy
        }
        var runPolicy = RunPolicy()
        runPolicy.progressDeadlineSeconds = 3
        job.runPolicy = runPolicy
        return job
    }

    private static func status(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus {
        try #require(try await backend.observe(id)?.status)
    }

    @Test(arguments: [RestartPolicy.never, .onFailure])
    func `a run without progress is stopped, and the replica that fell silent first is named`(policy: RestartPolicy)
        async throws
    {
        let scene = try LocalScene()
        let request = scene.request("one", try Self.job(scene, policy))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("both started") {
                [0, 1].allSatisfy { FileManager.default.fileExists(atPath: scene.folder.path("started-\($0)")) }
            }
            try Data().write(to: URL(fileURLWithPath: scene.folder.path("silent-1")))
            func log(_ index: Int) -> String {
                let path = scene.folder.path("local/runs/default/team-a/one/1/worker-\(index).log")
                return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            }
            func lines() -> Int { log(0).split(separator: "\n").count }
            try await eventually("worker 1 has fallen silent") { log(1).hasSuffix("waits for its peers\n") }
            // At most ten lines a second, so this is longer than the deadline.
            let goal = lines() + 40
            try await eventually("worker 0 goes on for longer than the deadline") { lines() > goal }
            #expect(try await Self.status(backend, request.id).reason == "")
            try Data().write(to: URL(fileURLWithPath: scene.folder.path("silent-0")))
            let phase: Phase = policy == .never ? .failed : .succeeded
            try await eventually("it ended") { try await Self.status(backend, request.id).phase == phase }
            let status = try await Self.status(backend, request.id)
            if policy == .never {
                #expect(status.reason == "NoProgress")
                #expect(
                    status.message == "worker-1 made no progress for 3 s: its last line was \"waits for its peers\""
                )
            }
            #expect(status.replicas.map(\.restartCount) == (policy == .never ? [0, 0] : [1, 1]))
        }
    }

    @Test
    func `a replica that a signal holds is named as the cause of its peer's failure`() async throws {
        let scene = try LocalScene()
        var job = try Self.job(scene, .onFailure)
        let text = """
            import os, sys, time
            folder, index = sys.argv[1], os.environ["TFJOB_REPLICA_INDEX"]
            if os.path.exists(folder + "/failed"):
                sys.exit(0)
            open(folder + "/started-" + index, "w").close()
            while not os.path.exists(folder + "/failed"):
                time.sleep(0.05)
            sys.exit("UnavailableError: a peer does not answer")
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        job.runPolicy?.progressDeadlineSeconds = nil
        job.runPolicy?.gracePeriodSeconds = 1
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("both started") {
                [0, 1].allSatisfy { FileManager.default.fileExists(atPath: scene.folder.path("started-\($0)")) }
            }
            let child = scene.folder.path("local/runs/default/team-a/one/1/attempt-1/worker-1/child.json")
            // The supervisor writes the record while the script runs already.
            let record = try await firstValue("the process is recorded") {
                FileManager.default.contents(atPath: child)
            }
            let pid = try #require(try JSON(record).process.pid.int)
            #expect(kill(Int32(pid), SIGSTOP) == 0)
            try Data().write(to: URL(fileURLWithPath: scene.folder.path("failed")))
            try await eventually("it ended") { try await Self.status(backend, request.id).phase == .succeeded }
            let status = try await Self.status(backend, request.id)
            #expect(status.replicas.map(\.restartCount) == [1, 1])
        }
        let restarts = try String(
            contentsOfFile: scene.folder.path("local/runs/default/team-a/one/1/restarts.json"),
            encoding: .utf8
        )
        #expect(restarts.contains("worker-1 does not run: a signal such as SIGSTOP holds its process"))
        #expect(restarts.contains("as a consequence failed: worker-0 (exit code 1)"))
    }
}
