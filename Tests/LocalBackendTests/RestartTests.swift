import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

/// A scene whose replicas end with given codes, one for each start.
private struct EndingScene {
    let scene: LocalScene

    init() throws {
        scene = try LocalScene()
        let text = """
            import os, signal, sys, time
            folder = os.environ["ENDING_FOLDER"]
            name = os.environ["TFJOB_REPLICA_TYPE"] + "-" + os.environ["TFJOB_REPLICA_INDEX"]
            with open(folder + "/starts-" + name, "a") as starts:
                starts.write("%d %f\\n" % (os.getpid(), time.time()))
            number = len(open(folder + "/starts-" + name).readlines())
            codes = dict(word.split("=") for word in sys.argv[1:]).get(name, "").split(",")
            code = codes[min(number, len(codes)) - 1]
            if code == "kill":
                # The peers have started, so each start is counted.
                while not all(os.path.exists(folder + "/starts-" + peer) for peer in os.environ["ENDING_PEERS"].split()):
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGKILL)
            while code == "":
                time.sleep(60)
            sys.exit(int(code))
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
    }

    /// - Parameter ends: by replica, the exit codes of its starts; a replica that is not named runs until it is stopped.
    func job(
        _ replicas: [(ReplicaType, Int)],
        _ policy: RestartPolicy,
        _ ends: [String: String],
        _ change: (inout RunPolicy) -> Void = { _ in }
    ) -> Job {
        var job = scene.job(.runForever, replicas, notes: "unused")
        job.args = ends.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
        let names = RunStatus(pending: job).replicas.map(\.name).joined(separator: " ")
        job.environment = ["ENDING_FOLDER": scene.folder.url.path, "ENDING_PEERS": names]
        for index in job.replicas.indices {
            job.replicas[index].restartPolicy = policy
        }
        var runPolicy = RunPolicy()
        change(&runPolicy)
        job.runPolicy = runPolicy
        return job
    }

    func starts(of replica: String) -> [(pid: Int32, time: Double)] {
        let text = (try? String(contentsOfFile: scene.folder.path("starts-\(replica)"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? Int32(words[0]).flatMap { pid in Double(words[1]).map { (pid, $0) } } : nil
        }
    }

    /// Sends a signal to the supervisor of a replica.
    func signalSupervisor(of replica: String, attempt: Int, _ signal: Int32) throws {
        let folder = "local/runs/default/team-a/one/1/attempt-\(attempt)/\(replica)"
        let record = try JSON(
            try Data(contentsOf: URL(fileURLWithPath: scene.folder.path("\(folder)/supervisor.json")))
        )
        let pid = try #require(record.process.pid.int)
        #expect(kill(Int32(pid), signal) == 0)
    }
}

/// Runs a backend during the body. The runs go on without it.
private func withBriefBackend(_ scene: LocalScene, _ body: (LocalBackend) async throws -> Void) async throws {
    let backend = try await scene.open()
    let life = Task { try await backend.run() }
    try await body(backend)
    life.cancel()
    _ = await life.result
}

@Suite(.timeLimit(.minutes(hangLimit)))
struct RestartTests {
    private func current(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus {
        try #require(try await backend.observe(id)?.status)
    }

    private func expectEnd(
        _ backend: LocalBackend,
        _ request: RunRequest,
        _ phase: Phase,
        reason: String = ""
    ) async throws -> RunStatus {
        try await eventually("it ended") { try await current(backend, request.id).phase.isFinal }
        let status = try await current(backend, request.id)
        #expect(status.phase == phase, "\(status)")
        #expect(status.reason == reason)
        return status
    }

    @Test(
        arguments: [
            (.never, "1,0", 3, "ReplicaFailed", 1), (.never, "kill,0", 3, "ReplicaFailed", 1),
            (.onFailure, "1,0", 3, "", 2), (.always, "1,0", 3, "", 2), (.onFailure, "0", 3, "", 1),
            (.exitCode, "1,0", 3, "ReplicaFailed", 1), (.exitCode, "42,0", 3, "", 2), (.exitCode, "kill,0", 3, "", 2),
            (.onFailure, "1,0", 0, "BackoffLimitExceeded", 1), (.onFailure, "1,1", 1, "BackoffLimitExceeded", 2),
        ] as [(RestartPolicy, String, Int, String, Int)]
    )
    func `a failed replica restarts as its policy says`(
        policy: RestartPolicy,
        codes: String,
        limit: Int,
        reason: String,
        starts: Int
    ) async throws {
        let ending = try EndingScene()
        let job = ending.job([(.worker, 1)], policy, ["worker-0": codes]) { $0.backoffLimit = limit }
        let request = ending.scene.request("one", job)
        try await withBackend(ending.scene) { backend in
            try await backend.start(request)
            let status = try await expectEnd(backend, request, reason.isEmpty ? .succeeded : .failed, reason: reason)
            #expect(ending.starts(of: "worker-0").count == starts)
            #expect(status.replicas.map(\.restartCount) == [starts - 1])
        }
    }

    @Test(
        arguments: [
            ([(.worker, 2)], "worker-1", ["worker-0": 2, "worker-1": 2]),
            ([(.chief, 1), (.worker, 1), (.ps, 1)], "worker-0", ["chief-0": 1, "worker-0": 2, "ps-0": 1]),
            ([(.chief, 1), (.worker, 1), (.ps, 1)], "ps-0", ["chief-0": 2, "worker-0": 2, "ps-0": 2]),
            ([(.chief, 1), (.worker, 1), (.ps, 1)], "chief-0", ["chief-0": 2, "worker-0": 2, "ps-0": 2]),
        ] as [([(ReplicaType, Int)], String, [String: Int])]
    )
    func `a failure restarts the replica or all, as the shape of the job says`(
        replicas: [(ReplicaType, Int)],
        failing: String,
        starts: [String: Int]
    ) async throws {
        let ending = try EndingScene()
        let request = ending.scene.request("one", ending.job(replicas, .exitCode, [failing: "kill,"]))
        try await withBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("each replica has its starts") {
                starts.allSatisfy { ending.starts(of: $0.key).count == $0.value }
            }
            try await eventually("all run") {
                try await current(backend, request.id).replicas.allSatisfy { $0.state == .running }
            }
            let status = try await current(backend, request.id)
            #expect(status.phase == .running)
            #expect(status.reason == "ReplicaFailed")
            #expect(status.message.hasPrefix("\(failing) was ended by signal 9, SIGKILL"))
            #expect(Dictionary(uniqueKeysWithValues: status.replicas.map { ($0.name, $0.restartCount + 1) }) == starts)
        }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func `a lost replica is counted, restarts under every policy, and pauses the second time`(signal: Int32)
        async throws
    {
        let ending = try EndingScene()
        let request = ending.scene.request("one", ending.job([(.worker, 1)], .never, [:]))
        try await withBackend(ending.scene) { backend in
            try await backend.start(request)
            for attempt in 1...2 {
                try await eventually("it runs") {
                    let status = try await current(backend, request.id)
                    return status.phase == .running && status.replicas[0].state == .running
                        && ending.starts(of: "worker-0").count == attempt
                }
                try ending.signalSupervisor(of: "worker-0", attempt: attempt, signal)
            }
            try await eventually("it pauses") { try await current(backend, request.id).phase == .restarting }
            let status = try await current(backend, request.id)
            #expect(status.reason == "ReplicaLost")
            #expect(status.message.hasSuffix("it restarts (restart 2 of 3)"))
            #expect(status.replicas[0].restartCount == 2)
            #expect(ending.starts(of: "worker-0").count == 2)
        }
        // Another backend waits for the rest of the pause, and a stop ends the pause.
        try await withBackend(ending.scene) { backend in
            #expect(try await current(backend, request.id).phase == .suspended)
            try await backend.start(request)
            try await eventually("it runs again at once") { ending.starts(of: "worker-0").count == 3 }
            try await eventually("it runs") { try await current(backend, request.id).phase == .running }
            let resumed = try await current(backend, request.id)
            #expect(resumed.reason == "" && resumed.message == "")
            #expect(resumed.replicas[0].restartCount == 2)
        }
    }

    @Test
    func `a shutdown of the service and its supervisors loses no run`() async throws {
        let ending = try EndingScene()
        let request = ending.scene.request("one", ending.job([(.worker, 2)], .never, [:]))
        try await withBriefBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("both started") {
                ["worker-0", "worker-1"].allSatisfy { ending.starts(of: $0).count == 1 }
            }
        }
        for replica in ["worker-0", "worker-1"] {
            try ending.signalSupervisor(of: replica, attempt: 1, SIGTERM)
        }
        try await eventually("both are gone") {
            ["worker-0", "worker-1"].flatMap(ending.starts).allSatisfy { kill($0.pid, 0) != 0 }
        }
        try await withBackend(ending.scene) { backend in
            try await eventually("both start again") {
                ["worker-0", "worker-1"].allSatisfy { ending.starts(of: $0).count == 2 }
            }
            try await eventually("it runs") { try await current(backend, request.id).phase == .running }
            #expect(try await current(backend, request.id).replicas.map(\.restartCount) == [1, 1])
        }
    }

    @Test
    func `a run of an earlier version that failed during the upgrade stays failed`() async throws {
        let ending = try EndingScene()
        let request = ending.scene.request("one", ending.job([(.worker, 1)], .onFailure, [:]))
        let record = URL(fileURLWithPath: ending.scene.folder.path("local/runs/default/team-a/one/1/run.json"))
        try await withBriefBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("it started") { ending.starts(of: "worker-0").count == 1 }
        }
        var old = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: record)) as? [String: Any])
        #expect(old.removeValue(forKey: "defaults") as? Int == DefaultsVersion.current.rawValue)
        try JSONSerialization.data(withJSONObject: old).write(to: record)
        let pid = try #require(ending.starts(of: "worker-0").first?.pid)
        kill(pid, SIGKILL)
        try await eventually("its end is recorded") {
            let exit = record.deletingLastPathComponent().appendingPathComponent("attempt-1/worker-0/exit.json")
            return FileManager.default.fileExists(atPath: exit.path)
        }
        try await withBackend(ending.scene) { backend in
            let status = try await current(backend, request.id)
            #expect(status.phase == .failed)
            #expect(status.reason == "ReplicaFailed")
        }
        #expect(ending.starts(of: "worker-0").count == 1)
    }
}

@Suite(.timeLimit(.minutes(hangLimit)))
struct LifetimeTests {
    private func current(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus {
        try #require(try await backend.observe(id)?.status)
    }

    @Test
    func `a run that is active for too long fails, also if the service was down when its time was over`() async throws {
        let ending = try EndingScene()
        let job = ending.job([(.worker, 1)], .onFailure, [:]) { $0.activeDeadlineSeconds = 2 }
        let request = ending.scene.request("one", job)
        try await withBriefBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("it started") { ending.starts(of: "worker-0").count == 1 }
        }
        let start = try #require(ending.starts(of: "worker-0").first)
        try await eventually("its time is over") { Date().timeIntervalSince1970 > start.time + 2 }
        try await withBackend(ending.scene) { backend in
            try await eventually("it failed") { try await current(backend, request.id).phase == .failed }
            let failed = try await current(backend, request.id)
            #expect(failed.reason == "DeadlineExceeded")
            try await eventually("its process is gone") { kill(start.pid, 0) != 0 }
            try await withBackend(ending.scene) { second in
                let found = try await current(second, request.id)
                #expect(found.reason == "DeadlineExceeded")
                #expect(found.completionTime == failed.completionTime)
            }
        }
    }

    @Test
    func `time before a stop counts towards the deadline, and time after it does not`() async throws {
        let ending = try EndingScene()
        let job = ending.job([(.worker, 1)], .never, [:]) { $0.activeDeadlineSeconds = 3600 }
        let request = ending.scene.request("one", job)
        let stop = URL(fileURLWithPath: ending.scene.folder.path("local/runs/default/team-a/one/1/attempt-1/stop"))
        try await withBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("it started") { try await current(backend, request.id).phase == .running }
            try await backend.stop(request.id)
        }
        struct Mark: Codable {
            let activeSeconds: Double
        }
        #expect(try JSONDecoder().decode(Mark.self, from: Data(contentsOf: stop)).activeSeconds < 3600)
        try Data(#"{"activeSeconds": 3599}"#.utf8).write(to: stop)
        try await withBackend(ending.scene) { backend in
            #expect(try await current(backend, request.id).phase == .suspended)
            try await backend.start(request)
            try await eventually("it failed") { try await current(backend, request.id).phase == .failed }
            #expect(try await current(backend, request.id).reason == "DeadlineExceeded")
        }
    }

    @Test
    func `after its time to live a finished run keeps its status and no files`() async throws {
        let ending = try EndingScene()
        let job = ending.job([(.worker, 1)], .never, ["worker-0": "3"]) { $0.ttlSecondsAfterFinished = 1 }
        let request = ending.scene.request("one", job)
        let folder = ending.scene.folder.path("local/runs/default/team-a/one/1")
        try await withBackend(ending.scene) { backend in
            try await backend.start(request)
            try await eventually("its files are gone") {
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["result.json", "run.json"]
            }
            try await eventually("its log is gone") {
                try await backend.log(of: request.id, replica: "worker-0", LogExtent()) == nil
            }
            try await withBackend(ending.scene) { second in
                for backend in [backend, second] {
                    let status = try await current(backend, request.id)
                    #expect(status.phase == .failed)
                    #expect(status.replicas.map(\.exitCode) == [3])
                    #expect(status.startTime != nil && status.completionTime != nil)
                    try await backend.start(request)
                }
            }
        }
        #expect(ending.starts(of: "worker-0").count == 1)
    }
}
