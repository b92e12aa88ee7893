import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// What a run does to files and processes reaches no other run.
@Suite(.timeLimit(.minutes(hangLimit)))
struct OwnFilesTests {
    private static func status(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus {
        try #require(try await backend.observe(id)?.status)
    }

    private static func log(_ backend: LocalBackend, _ id: RunID) async throws -> String {
        guard let log = try await backend.log(of: id, replica: "worker-0", LogExtent()) else { return "" }
        var bytes: [UInt8] = []
        for try await part in log {
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test
    func `runs of one commit do not share their code, and a retry finds what the run wrote`() async throws {
        let scene = try LocalScene()
        let code = scene.folder.path("export")
        try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
        let text = """
            import os, sys
            print(sorted(os.listdir(".")))
            open("checkpoint", "w").write("x")
            open("train.py", "a").write("print('changed')\\n")
            sys.exit(0 if "again" in os.listdir(".") else (open("again", "w").close() or 1))
            """
        try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: "\(code)/train.py"))
        try FileManager.default.createSymbolicLink(atPath: "\(code)/link", withDestinationPath: "train.py")
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
        (job.program, job.args) = (.script("train.py"), [])
        job.replicas[0].restartPolicy = .onFailure
        try await withBackend(scene) { backend in
            for (number, id) in [(1, "first"), (1, "second"), (2, "first")] {
                let request = RunRequest(
                    id: RunID(key: JobKey(cluster: "default", partition: "team-a", id: id), number: number),
                    job: job,
                    commit: String(repeating: "a", count: 40),
                    codeFolder: code
                )
                try await backend.start(request)
                try await eventually("it succeeded") { try await Self.status(backend, request.id).phase == .succeeded }
                let lines = try await Self.log(backend, request.id).split(separator: "\n")
                #expect(lines.first == "['link', 'train.py']")
                #expect(lines.dropFirst().first == "['again', 'checkpoint', 'link', 'train.py']")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: code).sorted() == ["link", "train.py"])
            func hasCode(_ run: String) -> Bool {
                FileManager.default.fileExists(atPath: scene.folder.path("local/runs/default/team-a/\(run)/code"))
            }
            #expect(!hasCode("first/1"), "the copy of an older run is removed")
            #expect(hasCode("first/2") && hasCode("second/1"))
            try await backend.discard(
                RunID(key: JobKey(cluster: "default", partition: "team-a", id: "second"), number: 1)
            )
            #expect(!hasCode("second/1"))
        }
    }

    @Test
    func `two jobs with one id and one logDir keep their logs apart`() async throws {
        let scene = try LocalScene()
        var job = try scene.job(running: "import os\nprint(os.environ['TFJOB_PARTITION'])\n")
        job.logDir = scene.folder.path("logs")
        try await withBackend(scene) { backend in
            for partition in ["team-a", "team-b"] {
                let request = RunRequest(
                    id: RunID(key: JobKey(cluster: "default", partition: partition, id: "same"), number: 1),
                    job: job,
                    commit: String(repeating: "a", count: 40),
                    codeFolder: nil
                )
                try await backend.start(request)
                try await eventually("it succeeded") { try await Self.status(backend, request.id).phase == .succeeded }
            }
        }
        let folder = scene.folder.path("logs")
        let texts = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
            "\(name): " + (try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        }
        #expect(
            texts == [
                "default.team-b.same-worker-0.run-1.log: team-b\n", "same-worker-0.run-1.log: team-a\n",
            ]
        )
    }

    @Test(arguments: ["exit.json", "order.json", "child.json", "supervisor.json"])
    func `a job that puts other things in place of its records harms only itself`(record: String) async throws {
        let scene = try LocalScene()
        let victim = Process()
        victim.executableURL = URL(fileURLWithPath: "/bin/sleep")
        victim.arguments = ["600"]
        (victim.standardOutput, victim.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try victim.run()
        defer { kill(victim.processIdentifier, SIGKILL) }
        // A pipe would block its reader, and the process of somebody else would get the signals.
        let job = try scene.job(
            running: """
                import json, os, sys, time
                record = os.path.join(os.environ["TFJOB_REPLICA_FOLDER"], sys.argv[1])
                if sys.argv[1] in ("child.json", "supervisor.json"):
                    pid = int(sys.argv[2])
                    start = int(open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[19])
                    boot = open("/proc/sys/kernel/random/boot_id").read().strip()
                    process = {"pid": pid, "startTime": start, "boot": boot}
                    while not os.path.exists(record):
                        time.sleep(0.01)
                    json.dump({"process": process, "startTime": 0}, open(record + ".new", "w"))
                    os.rename(record + ".new", record)
                else:
                    if os.path.exists(record):
                        os.remove(record)
                    os.mkfifo(record)
                print("done")
                while True:
                    time.sleep(60)
                """,
            [record, String(victim.processIdentifier)]
        )
        let request = scene.request("sly", job)
        var plain = job
        plain.program = .script(scene.folder.path("other.py"))
        try Data().write(to: URL(fileURLWithPath: scene.folder.path("other.py")))
        let other = scene.request("other", plain)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let file = scene.folder.path("local/runs/default/team-a/sly/1/worker-0.log")
            try await eventually("it changed the record") {
                (try? String(contentsOfFile: file, encoding: .utf8)) == "done\n"
            }
            try await backend.start(other)
            try await eventually("another run ends") { try await Self.status(backend, other.id).phase == .succeeded }
            try await backend.stop(request.id)
        }
        #expect(victim.isRunning)
    }

    @Test
    func `a process that leaves its session and has no environment ends with its replica`() async throws {
        let scene = try LocalScene()
        let note = scene.folder.path("pid")
        let job = try scene.job(
            running: """
                import os, sys, time
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.execve("/bin/sh", ["sh", "-c", "echo $$ > " + sys.argv[1] + "; sleep 600"], {"PATH": "/bin:/usr/bin"})
                    os._exit(0)
                while not os.path.exists(sys.argv[1]):
                    time.sleep(0.01)
                """,
            [note]
        )
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await Self.status(backend, request.id).phase == .succeeded }
            let text = try String(contentsOfFile: note, encoding: .utf8)
            let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(kill(pid, 0) != 0)
        }
    }

    /// Needs version 2 of control groups, in which the tests may make some.
    @Test(.enabled(if: ControlGroups(of: URL(fileURLWithPath: "/nowhere/tests")) != nil))
    func `a process without an environment ends with its replica, also after the loss of the supervisor`() async throws
    {
        let scene = try LocalScene()
        let note = scene.folder.path("pid")
        let job = try scene.job(
            running: """
                import os, sys, time
                if os.path.exists(sys.argv[1]):
                    sys.exit(0)
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.execve("/bin/sh", ["sh", "-c", "echo $$ > " + sys.argv[1] + "; sleep 600"], {"PATH": "/bin:/usr/bin"})
                    os._exit(0)
                while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read().endswith("\\n"):
                    time.sleep(0.01)
                os.kill(os.getppid(), 9)
                time.sleep(600)
                """,
            [note]
        )
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await Self.status(backend, request.id).phase == .succeeded }
            #expect(try await Self.status(backend, request.id).replicas[0].restartCount == 1)
            let text = try String(contentsOfFile: note, encoding: .utf8)
            let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            #expect(state?.contains(") Z ") ?? true, "it has ended")
        }
    }

    @Test
    func `a supervisor needs less than 10 MB and names the replica's folder`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.runForever, [(.worker, 1)], notes: "notes"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it runs") { scene.pids("notes").count == 1 }
            let folder = scene.folder.path("local/runs/default/team-a/one/1/attempt-1/worker-0")
            let record = try JSON(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/supervisor.json")))
            let pid = try #require(record.process.pid.int)
            let command = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))
            let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            #expect(Array(words.dropFirst()) == ["supervise", folder])
            #expect(ProcessFigures.residentKilobytes(of: Int32(pid)) < 10_000)
        }
    }
}
