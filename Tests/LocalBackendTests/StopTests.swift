import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct StopTests {
    /// A job whose replicas write what they see of a stop, and then end with a code or go on.
    private static func job(_ scene: LocalScene, workers: Int, grace: Int, afterwards: String) throws -> Job {
        let text = """
            import os, signal, subprocess, sys, time
            name = sys.argv[1] + "/" + os.environ["TFJOB_REPLICA_TYPE"] + "-" + os.environ["TFJOB_REPLICA_INDEX"]
            child = subprocess.Popen(["sleep", "600"])
            def stopped(number, frame):
                with open(name + ".part", "w") as notes:
                    found = os.path.exists(os.environ["TFJOB_STOP_FILE"])
                    notes.write("%f %s %s" % (time.time(), found, child.poll() is None))
                os.rename(name + ".part", name + ".stop")
                if sys.argv[2] != "on":
                    sys.exit(int(sys.argv[2]))
            signal.signal(signal.SIGTERM, stopped)
            assert not os.path.exists(os.environ["TFJOB_STOP_FILE"])
            with open(name + ".pids", "a") as pids:
                pids.write("%d\\n%d\\n" % (os.getpid(), child.pid))
            while True:
                time.sleep(60)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var job = scene.job(.runForever, [(.worker, workers)], notes: "unused")
        job.args = [scene.folder.url.path, afterwards]
        var policy = RunPolicy()
        policy.gracePeriodSeconds = grace
        job.runPolicy = policy
        return job
    }

    private static func pids(_ scene: LocalScene, _ replica: String) -> [Int32] {
        let text = (try? String(contentsOfFile: scene.folder.path("\(replica).pids"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// When a replica got SIGTERM, whether the stop file existed then, and whether its child ran.
    private static func notice(_ scene: LocalScene, _ replica: String) throws -> (Double, Bool, Bool) {
        let text = try String(contentsOfFile: scene.folder.path("\(replica).stop"), encoding: .utf8)
        let words = text.split(separator: " ")
        return (try #require(Double(words[0])), words[1] == "True", words[2] == "True")
    }

    @Test
    func `a stop notifies the leader first, its peers after a third of the grace, and kills at its end`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try Self.job(scene, workers: 2, grace: 3, afterwards: "on"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("both run") {
                Self.pids(scene, "worker-0").count == 2 && Self.pids(scene, "worker-1").count == 2
            }
            let begin = Date().timeIntervalSince1970
            try await backend.stop(request.id)
            let seconds = Date().timeIntervalSince1970 - begin
            #expect(seconds >= 3)
            let (leader, peer) = (try Self.notice(scene, "worker-0"), try Self.notice(scene, "worker-1"))
            #expect(leader.0 - begin < peer.0 - begin)
            #expect(peer.0 - begin >= 1)
            #expect(leader.1 && peer.1, "the stop file exists at the first signal")
            #expect(leader.2 && peer.2, "only the main process gets SIGTERM")
            for pid in Self.pids(scene, "worker-0") + Self.pids(scene, "worker-1") {
                #expect(kill(pid, 0) != 0)
            }
        }
    }

    @Test(arguments: ["0", "1", "42"])
    func `after an ordered stop every exit code means stopped`(code: String) async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try Self.job(scene, workers: 2, grace: 30, afterwards: code))
        try await withBackend(scene) { backend in
            for starts in 1...2 {
                try await backend.start(request)
                try await eventually("both run") {
                    ["worker-0", "worker-1"].allSatisfy { Self.pids(scene, $0).count == 2 * starts }
                }
                try await backend.stop(request.id)
                let status = try #require(try await backend.observe(request.id)?.status)
                #expect(status.phase == .suspended)
                #expect(status.replicas.allSatisfy { $0.state == .pending && $0.exitCode == nil })
                #expect(status.replicas.allSatisfy { $0.restartCount == 0 })
            }
        }
    }

    @Test
    func `a grace period of 0 kills at once`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try Self.job(scene, workers: 1, grace: 0, afterwards: "on"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it runs") { Self.pids(scene, "worker-0").count == 2 }
            try await backend.stop(request.id)
            #expect(!FileManager.default.fileExists(atPath: scene.folder.path("worker-0.stop")))
            for pid in Self.pids(scene, "worker-0") {
                #expect(kill(pid, 0) != 0)
            }
        }
    }

    @Test
    func `replicas restart after their peers have ended, also if these ignore SIGTERM`() async throws {
        let scene = try LocalScene()
        let text = """
            import os, signal, sys, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            index = os.environ["TFJOB_REPLICA_INDEX"]
            def pids(index):
                name = sys.argv[1] + "/pids-" + index
                return [int(line) for line in open(name)] if os.path.exists(name) else []
            before = pids("0")[:1] + pids("1")[:1]
            with open(sys.argv[1] + "/pids-" + index, "a") as file:
                file.write("%d\\n" % os.getpid())
            if len(pids(index)) > 1:
                sys.exit(1 if any(os.path.exists("/proc/%d" % pid) for pid in before) else 0)
            while not (index == "1" and pids("0")):
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGKILL)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var job = scene.job(.runForever, [(.worker, 2)], notes: "unused")
        job.args = [scene.folder.url.path]
        job.replicas[0].restartPolicy = .exitCode
        var policy = RunPolicy()
        policy.gracePeriodSeconds = 2
        job.runPolicy = policy
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it ended") { try await backend.observe(request.id)?.status.phase.isFinal == true }
            let status = try #require(try await backend.observe(request.id)?.status)
            #expect(status.phase == .succeeded, "\(status)")
            #expect(status.replicas.map(\.restartCount) == [1, 1])
        }
    }

    @Test
    func `a verdict that was reached before the stop stands`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.exit(code: 3), [(.worker, 1)], notes: "notes"))
        // Without its life, the backend hears no notice before the stop.
        let backend = try await scene.open()
        try await backend.start(request)
        let exit = scene.folder.path("local/runs/default/team-a/one/1/attempt-1/worker-0/exit.json")
        try await eventually("it ended") { FileManager.default.fileExists(atPath: exit) }
        try await backend.stop(request.id)
        #expect(try await backend.observe(request.id)?.status.phase == .failed)
    }
}
