import Foundation
import Jobs
import Platform
import TestSupport
import Testing

@testable import LocalBackend

private let interpreter = UserAccount(named: "nobody").flatMap { account in
    ["/usr/bin/python3", "/usr/local/bin/python3"].first(where: account.canReach)
}

/// Replicas that run as a user of their own. Only root can start them, and the user needs an interpreter that it can
/// reach.
@Suite(.enabled(if: geteuid() == 0 && interpreter != nil), .timeLimit(.minutes(hangLimit)))
struct ReplicaUserTests {
    /// Opens a backend whose replicas run as `nobody`, during the body.
    private static func withUser(
        maxProcesses: Int = ReplicaUser.defaultMaxProcesses,
        _ body: (LocalScene, LocalBackend) async throws -> Void
    ) async throws {
        let scene = try LocalScene()
        var settings = scene.settings
        let account = try #require(UserAccount(named: "nobody"))
        settings.interpreters = [PythonVersion.current: try #require(interpreter)]
        settings.users = ["default": ReplicaUser(account: account, maxProcesses: maxProcesses)]
        try await withBackend(scene, settings) { try await body(scene, $0) }
    }

    private static func run(_ request: RunRequest, _ scene: LocalScene, _ backend: LocalBackend) async throws
        -> RunStatus
    {
        try await backend.start(request)
        return try await firstValue("it ended") {
            try await backend.observe(request.id).flatMap { $0.status.phase.isFinal ? $0.status : nil }
        }
    }

    private static func log(_ scene: LocalScene) throws -> String {
        try String(contentsOfFile: scene.folder.path("local/runs/default/team-a/one/1/worker-0.log"), encoding: .utf8)
    }

    @Test
    func `a replica runs as the user, with its own code, folders, log and home`() async throws {
        try await Self.withUser { scene, backend in
            let code = scene.folder.path("export")
            try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
            let text = """
                import os
                account = [os.getresuid(), os.getresgid(), os.environ["HOME"], os.environ["USER"], "TMPDIR" in os.environ]
                print(account, flush=True)
                open("train.py", "a").close()
                for name in ("CHECKPOINT_DIR", "LOG_DIR"):
                    open(os.environ["TFJOB_" + name] + "/new", "w").close()
                print(sorted(os.listdir(os.environ["TFJOB_LOG_DIR"])))
                print(os.path.exists(os.path.dirname(os.environ["TFJOB_STOP_FILE"])))
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(code)/train.py"))
            try FileManager.default.createDirectory(
                atPath: scene.folder.path("data"),
                withIntermediateDirectories: true
            )
            let user = try #require(UserAccount(named: "nobody"))
            try user.takeOwnership(of: scene.folder.path("data"))
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            (job.program, job.args) = (.script("train.py"), [])
            (job.checkpointDir, job.logDir) = (scene.folder.path("data/a/checkpoints"), scene.folder.path("data/logs"))
            let id = RunID(key: JobKey(cluster: "default", partition: "team-a", id: "one"), number: 1)
            let commit = String(repeating: "a", count: 40)
            let request = RunRequest(id: id, job: job, commit: commit, codeFolder: code)
            let status = try await Self.run(request, scene, backend)
            #expect(status.phase == .succeeded, "\(status.message)")
            let (number, group) = (user.user, user.group)
            let log = try Self.log(scene)
            #expect(
                log == """
                    [(\(number), \(number), \(number)), (\(group), \(group), \(group)), '\(user.home)', 'nobody', False]
                    ['new', 'one-worker-0.run-1.log']
                    True

                    """
            )
            for path in ["data/a", "data/a/checkpoints", "data/logs", "local/runs/default/team-a/one/1/code/train.py"] {
                #expect(try FileOwnership(of: scene.folder.path(path)).user == number, "\(path)")
            }
            #expect(backend.protections(of: "default")?.suffix(2) == [.ownUser, .processLimit])
            #expect(backend.protections(of: "other")?.contains(.ownUser) == false)
        }
    }

    @Test
    func `control files and supervisors are out of the reach of the user`() async throws {
        try await Self.withUser { scene, backend in
            let text = """
                import os, signal, sys
                folder = os.environ["TFJOB_REPLICA_FOLDER"]
                run = os.path.dirname(os.path.dirname(folder))
                records = ["order.json", "exit.json", "supervisor.json", "child.json", "launch"]
                def write(path):
                    open(path, "w").close()
                attempts = [lambda: os.kill(os.getppid(), signal.SIGKILL), lambda: os.listdir(folder)]
                for name in records:
                    path = os.path.join(folder, name)
                    attempts.append(lambda path=path: write(path))
                    attempts.append(lambda path=path: open(path).read())
                    attempts.append(lambda path=path: os.remove(path))
                    attempts.append(lambda path=path: os.link(sys.argv[1], path))
                attempts.append(lambda: os.rename(folder, folder + "-2"))
                attempts.append(lambda: os.remove(os.path.join(run, "worker-0.log")))
                attempts.append(lambda: write(os.path.join(run, "result.json")))
                attempts.append(lambda: write(os.environ["TFJOB_STOP_FILE"]))
                attempts.append(lambda: os.setuid(0))
                for number, attempt in enumerate(attempts):
                    try:
                        attempt()
                        print("attempt", number, "succeeded")
                    except OSError:
                        pass
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            job.args = [scene.script]
            let status = try await Self.run(scene.request("one", job), scene, backend)
            #expect(status.phase == .succeeded, "\(status.message)")
            #expect(try Self.log(scene) == "")
        }
    }

    @Test
    func `a fork bomb is bounded by the limit of processes, and ends with its run`() async throws {
        try await Self.withUser(maxProcesses: 200) { scene, backend in
            let text = """
                import os, signal, time
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                while True:
                    try:
                        if os.fork() == 0:
                            os.setsid()
                    except BlockingIOError:
                        time.sleep(0.1)
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            job.args = []
            job.replicas[0].resource.memory = MemoryQuantity(bytes: 8 << 30, text: "8Gi")
            var policy = RunPolicy()
            policy.gracePeriodSeconds = 1
            job.runPolicy = policy
            let request = scene.request("bomb", job)
            let user = try #require(UserAccount(named: "nobody")).user
            func processes() -> Int {
                ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).count {
                    Int32($0).flatMap(ProcessStat.of)?.hasEnded == false
                        && (try? FileOwnership(of: "/proc/\($0)").user) == user
                }
            }
            try await backend.start(request)
            try await eventually("the bomb goes off") { processes() > 150 }
            // The kernel counts a process until its parent has seen its end.
            #expect(processes() <= 200)
            try await backend.stop(request.id)
            try await eventually("no process is left") { processes() == 0 }
        }
    }

    @Test
    func `folders that the user may not make, and a state folder that it can't reach, are named`() async throws {
        try await Self.withUser { scene, backend in
            try FileManager.default.createDirectory(
                atPath: scene.folder.path("closed"),
                withIntermediateDirectories: true
            )
            try Data().write(to: URL(fileURLWithPath: scene.script))
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            job.checkpointDir = scene.folder.path("closed/checkpoints")
            let request = scene.request("one", job)
            try await backend.start(request)
            // A run of which nothing has started is withdrawn, and the next start is refused.
            try await eventually("it is withdrawn") { try await backend.observe(request.id) == nil }
            #expect(!FileManager.default.fileExists(atPath: scene.folder.path("closed/checkpoints")))
            let account = try #require(UserAccount(named: "nobody"))
            #expect(account.canReach(scene.script))
            try OwnFolder.set(OwnFolder.closed, of: scene.folder.url.path)
            #expect(!account.canReach(scene.script) && !account.canReach(scene.folder.url.path))
            job.checkpointDir = nil
            let other = scene.request("other", job)
            try await backend.start(other)
            let message = try await firstValue("it says why it waits") {
                try await backend.observe(other.id).map(\.status.message).flatMap { $0.isEmpty ? nil : $0 }
            }
            #expect(message.contains("the user nobody can't reach \(scene.folder.path("local/runs"))"), "\(message)")
            #expect(FileOwnership.ownUser == 0)
        }
    }
}
