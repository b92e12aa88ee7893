import Foundation
import Jobs
import Platform
import TestSupport
import Testing

@testable import LocalBackend

/// What a hostile or broken script does ends with its replica, and reaches nothing else.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ContainmentTests {
    /// Whether the tests may make control groups, of which the kernel ends all processes at once.
    static let hasGroups = ControlGroups(of: URL(fileURLWithPath: "/nowhere/tests"))?.canKill == true

    private static func status(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus {
        try #require(try await backend.observe(id)?.status)
    }

    private static func numbers(in file: String) -> [Int32] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(whereSeparator: \.isWhitespace)
            .compactMap { Int32($0) }
    }

    private static func hasEnded(_ pid: Int32) -> Bool { ProcessStat.of(pid)?.hasEnded ?? true }

    /// Processes that fork until 300 exist, each in a session of its own and without an environment, and one that forks
    /// and ends all the time, faster than a search of all processes can follow.
    private static let bomb = """
        import ctypes, os, signal, sys, time
        tokens, more = os.pipe()
        os.write(more, b"x" * 300)
        os.set_blocking(tokens, False)
        def flee():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.setsid()
            with open("/proc/self/environ") as environment:
                length = len(environment.read())
            os.environ.clear()
        if os.fork() == 0:
            flee()
            while True:
                if os.fork() > 0:
                    os._exit(0)
        while True:
            try:
                os.read(tokens, 1)
            except BlockingIOError:
                open(sys.argv[1], "w").close()
                time.sleep(600)
            if os.fork() == 0:
                flee()
                with open(sys.argv[2], "a") as pids:
                    pids.write("%d\\n" % os.getpid())
        """

    @Test(.enabled(if: hasGroups))
    func `hundreds of processes that fork and flee end with their run, and no group is left`() async throws {
        let scene = try LocalScene()
        let (full, pids) = (scene.folder.path("full"), scene.folder.path("pids"))
        var job = try scene.job(running: Self.bomb, [full, pids])
        var policy = RunPolicy()
        policy.gracePeriodSeconds = 1
        job.runPolicy = policy
        let request = scene.request("bomb", job)
        try await withBackend(scene) { backend in
            let root = try #require(await backend.controlGroups).root
            try await backend.start(request)
            try await eventually("all have forked") { FileManager.default.fileExists(atPath: full) }
            let members = root.appendingPathComponent("runs/default+team-a+bomb+1/attempt-1+worker-0/cgroup.procs").path
            try await eventually("all are in the group") { Self.numbers(in: members).count >= 300 }
            let supervisors = Self.numbers(in: root.appendingPathComponent("supervisors/cgroup.procs").path)
            #expect(supervisors.count == 1, "the supervisor has a group beside that of the run")
            let forked = Self.numbers(in: members)
            try await backend.stop(request.id)
            #expect(forked.allSatisfy(Self.hasEnded))
            #expect(Self.numbers(in: pids).allSatisfy(Self.hasEnded))
            #expect(!FileManager.default.fileExists(atPath: root.path))
        }
    }

    @Test(
        arguments: [
            // One process, and several that are within the limit one by one.
            ("grow(400); time.sleep(60)", true, true), ("grow(400); time.sleep(60)", true, false),
            ("child(lambda: grow(130)); child(lambda: grow(130)); time.sleep(60)", true, true),
            ("child(lambda: grow(130)); child(lambda: grow(130)); time.sleep(60)", true, false),
            // What forked processes have in common counts once, and pages of files are the kernel's to give back.
            ("grow(100); child(rest); child(rest); time.sleep(3)", false, true),
            ("read(300); time.sleep(3)", false, true),
        ]
    )
    func `a replica that uses more than its memory is ended, with the amounts`(
        code: String,
        isEnded: Bool,
        hasGroups: Bool
    ) async throws {
        let scene = try LocalScene()
        let text = """
            import mmap, os, sys, time
            held = []
            def grow(most):
                for _ in range(most // 10):
                    held.append(b"x" * (10 << 20))
                    time.sleep(0.02)
            def rest():
                time.sleep(600)
            def child(work):
                if os.fork() == 0:
                    os.setsid()
                    work()
                    rest()
            def read(size):
                with open("file", "wb") as file:
                    for _ in range(size):
                        file.write(b"x" * (1 << 20))
                pages = mmap.mmap(os.open("file", os.O_RDONLY), 0, prot=mmap.PROT_READ)
                held.append(pages)
                sum(pages[place] for place in range(0, len(pages), 4096))
            """
        var job = try scene.job(running: "\(text)\n\(code)\n")
        job.replicas[0].resource.memory = MemoryQuantity(bytes: 200 << 20, text: "200Mi")
        job.workdir = scene.folder.url.path
        let request = scene.request("one", job)
        var settings = scene.settings
        settings.groupTree = hasGroups ? .current : nil
        try await withBackend(scene, settings) { backend in
            try await backend.start(request)
            try await eventually("it ended") { try await Self.status(backend, request.id).phase.isFinal }
            let status = try await Self.status(backend, request.id)
            #expect(status.phase == (isEnded ? .failed : .succeeded), "\(status)")
            if isEnded {
                #expect(status.reason == "OutOfMemory")
                #expect(status.replicas[0].exitCode == 137)
                let pattern = /worker-0 ran out of memory: it used (2\d\d|3\d\d|4\d\d)(\.\d)? MiB of its 200 MiB/
                #expect(status.message.wholeMatch(of: pattern) != nil, "\(status.message)")
            }
        }
    }

    @Test
    func `a replica without a limit of memory may use any amount`() async throws {
        let scene = try LocalScene()
        var job = try scene.job(running: "import time\nheld = b'x' * (100 << 20)\ntime.sleep(2)\n")
        job.replicas[0].resource.memory = MemoryQuantity(bytes: 0, text: "0")
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await Self.status(backend, request.id).phase == .succeeded }
        }
    }

    @Test(arguments: ["SIGKILL", "SIGSTOP"])
    func `a job that stops or kills its supervisor restarts or ends, and another run goes on`(signal: String)
        async throws
    {
        let scene = try LocalScene()
        let job = try scene.job(
            running: """
                import os, signal, sys, time
                if os.environ["TFJOB_ID"] == "sly" and not os.path.exists(sys.argv[1]):
                    open(sys.argv[1], "w").close()
                    os.kill(os.getppid(), getattr(signal, sys.argv[2]))
                    time.sleep(600)
                """,
            [scene.folder.path("once"), signal]
        )
        var policy = RunPolicy()
        (policy.gracePeriodSeconds, policy.activeDeadlineSeconds) = (1, signal == "SIGSTOP" ? 3 : nil)
        var sly = job
        sly.runPolicy = policy
        let (request, other) = (scene.request("sly", sly), scene.request("other", job))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await backend.start(other)
            try await eventually("the other succeeded") {
                try await Self.status(backend, other.id).phase == .succeeded
            }
            try await eventually("it ended") { try await Self.status(backend, request.id).phase.isFinal }
            let status = try await Self.status(backend, request.id)
            #expect(status.phase == (signal == "SIGKILL" ? .succeeded : .failed))
            #expect(status.reason == (signal == "SIGKILL" ? "" : "DeadlineExceeded") || status.reason == "ReplicaLost")
        }
    }
}
