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
/// reach. One at a time: the limit of processes counts those of all replicas of the user.
@Suite(.serialized, .enabled(if: geteuid() == 0 && interpreter != nil), .timeLimit(.minutes(hangLimit)))
struct ReplicaUserTests {
    /// Opens a backend whose replicas run as `nobody`, during the body.
    private static func withUser(
        maxProcesses: Int = ReplicaUser.defaultMaxProcesses,
        logs: LogLimits = .standard,
        _ body: (LocalScene, LocalBackend) async throws -> Void
    ) async throws {
        let scene = try LocalScene()
        var settings = scene.settings
        let account = try #require(UserAccount(named: "nobody"))
        settings.interpreters = [PythonVersion.current: try #require(interpreter)]
        settings.users = ["default": ReplicaUser(account: account, maxProcesses: maxProcesses)]
        settings.logs = ["default": logs]
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
    func `a replica reports its steps as the user, and can change neither the module nor its records`() async throws {
        try await Self.withUser { scene, backend in
            let text = """
                import os, tfjob
                tfjob.progress(7, of=9)
                reports = os.path.dirname(os.environ["TFJOB_PROGRESS_FILE"])
                for path in (tfjob.__file__, os.path.dirname(tfjob.__file__) + "/x", reports + "/../run.json",
                             reports + "/../x"):
                    try:
                        open(path, "a").close()
                        print("can write " + path)
                    except PermissionError:
                        pass
                """
            let code = scene.folder.path("export")
            try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(code)/train.py"))
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            (job.program, job.args) = (.script("train.py"), [])
            let id = RunID(key: JobKey(cluster: "default", partition: "team-a", id: "one"), number: 1)
            let commit = String(repeating: "a", count: 40)
            let request = RunRequest(id: id, job: job, commit: commit, codeFolder: code)
            let status = try await Self.run(request, scene, backend)
            #expect(status.phase == .succeeded, "\(status.message)")
            #expect(status.progress == RunProgress(step: 7, of: 9))
            #expect(try Self.log(scene) == "")
        }
    }

    @Test
    func `a job reads neither the service's secrets nor the logs and records of another user`() async throws {
        let scene = try LocalScene()
        var settings = scene.settings
        settings.interpreters = [PythonVersion.current: try #require(interpreter)]
        for (cluster, name) in [("default", "nobody"), ("other", "daemon")] {
            settings.users[cluster] = ReplicaUser(account: try #require(UserAccount(named: name)))
        }
        let secret = scene.folder.path("token")
        try Data("s3cret".utf8).write(to: URL(fileURLWithPath: secret))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        let code = scene.folder.path("export")
        try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
        let text = """
            import os, sys
            print("private", flush=True)
            for path in sys.argv[1:]:
                for attempt in (lambda: open(path).read(), lambda: os.listdir(path), lambda: open(path, "a").close()):
                    try:
                        attempt()
                        print("reached " + path)
                    except (PermissionError, NotADirectoryError, IsADirectoryError, FileNotFoundError):
                        pass
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(code)/train.py"))
        func request(_ cluster: String, _ paths: [String]) -> RunRequest {
            var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
            (job.program, job.args) = (.script("train.py"), paths)
            let id = RunID(key: JobKey(cluster: cluster, partition: "team-a", id: "one"), number: 1)
            return RunRequest(id: id, job: job, commit: String(repeating: "a", count: 40), codeFolder: code)
        }
        try await withBackend(scene, settings) { backend in
            let other = scene.folder.path("local/runs/other/team-a/one/1")
            #expect(try await Self.run(request("other", []), scene, backend).phase == .succeeded)
            #expect(try String(contentsOfFile: "\(other)/worker-0.log", encoding: .utf8) == "private\n")
            let targets = [
                secret, scene.folder.path("local"), scene.folder.path("local/runs"), other, "\(other)/worker-0.log",
                "\(other)/run.json", "\(other)/result.json", "\(other)/code/train.py",
                "\(other)/attempt-1/worker-0/launch",
                "/proc/\(getpid())/environ", "/proc/\(getpid())/fd",
            ]
            let status = try await Self.run(request("default", targets), scene, backend)
            #expect(status.phase == .succeeded, "\(status.message)")
            let log = try Self.log(scene)
            #expect(log == "private\n", "\(log)")
        }
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
    func `pip runs as the user, and a run can't change its runtime`() async throws {
        let code = "import json, os\nprint(json.dumps([os.getuid(), os.getgroups(), sorted(os.environ)]))"
        var scene = try await InstallationScene(
            [.init("tensorflow_cpu", "2.15.1", code: code)],
            variables: ["PASSWORD": "secret"]
        )
        let account = try #require(UserAccount(named: "nobody"))
        scene.settings.interpreters = [PythonVersion.current: try #require(interpreter)]
        scene.settings.users = ["default": ReplicaUser(account: account)]
        let text = """
            import os, sys, tensorflow
            for name in (sys.prefix + "/x", tensorflow.__file__, sys.prefix + "/bin/python"):
                try:
                    open(name, "a")
                    print("can write", name)
                except OSError:
                    pass
            try:
                os.rename(sys.prefix, sys.prefix + "-2")
                print("can rename")
            except OSError:
                print("owner", os.stat(tensorflow.__file__).st_uid)
            """
        var job = try scene.scene.job(running: text)
        job.runtime = Runtime(python: PythonVersion.current, tensorflow: "2.15.1")
        try await withBackend(scene.scene, scene.settings) { [scene] backend in
            let request = scene.scene.request("one", job)
            let lines = try await scene.run(request, on: backend)
            // The first line comes from the import.
            #expect(lines.dropFirst() == ["owner 0"], "\(lines)")
            let names = try FileManager.default.contentsOfDirectory(atPath: scene.runtimes.path)
            let log = try #require(names.first { $0.hasSuffix(".log") })
            let installation = try String(contentsOfFile: scene.runtimes.path + "/" + log, encoding: .utf8)
            // The check imports the module.
            let report = try #require(installation.split(separator: "\n").last { $0.hasPrefix("[") })
            let values = try JSON(Data(report.utf8)).elements
            #expect(values[0].int == Int(account.user))
            #expect(values[1].elements.map(\.int) == account.groups.map(Int.init))
            let allowed = ["PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
            let others = values[2].elements.compactMap(\.text).filter { name in
                !name.hasPrefix("PIP_") && !allowed.contains(name) && !name.lowercased().hasSuffix("_proxy")
                    && name != "LC_CTYPE"
            }
            #expect(others == [])
        }
    }

    @Test
    func `the user may open its output, and owns the rotated files of its log`() async throws {
        try await Self.withUser(logs: LogRotationTests.limits) { scene, backend in
            var job = try scene.job(
                running: """
                    with open("/dev/stdout", "w") as output:
                        for number in range(1, 20001):
                            output.write("%d\\n" % number)
                    """
            )
            let user = try #require(UserAccount(named: "nobody"))
            try FileManager.default.createDirectory(
                atPath: scene.folder.path("logs"),
                withIntermediateDirectories: true
            )
            try user.takeOwnership(of: scene.folder.path("logs"))
            job.logDir = scene.folder.path("logs")
            let request = scene.request("one", job)
            let status = try await Self.run(request, scene, backend)
            #expect(status.phase == .succeeded, "\(status.message)")
            let text = try await LogRotationTests.text(backend, request.id, tail: 2000)
            #expect(text == LogRotationTests.lines(18_001...20_000))
            let files = try FileManager.default.contentsOfDirectory(atPath: scene.folder.path("logs"))
            #expect(files.count == LogRotationTests.limits.keep)
            for file in files {
                let owner = try FileOwnership(of: scene.folder.path("logs/\(file)"))
                #expect(owner.user == user.user && owner.names == 2, "\(file)")
            }
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
