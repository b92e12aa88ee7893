import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct LocalBackendContractTests {
    @Test(arguments: BackendContract.rules.map(\.name))
    func `the local backend keeps the contract`(name: String) async throws {
        let scene = try LocalScene()
        let rule = try #require(BackendContract.rules.first { $0.name == name })
        try await withBackend(scene) { backend in
            let contract = BackendContract(
                backend: backend,
                job: { scene.job($0, $1, notes: "notes") },
                starts: { scene.pids("notes", run: $0.number).count }
            )
            try await rule.check(contract)
        }
    }
}

@Suite(.timeLimit(.minutes(hangLimit)))
struct LocalBackendTests {
    private func status(_ backend: LocalBackend, _ id: RunID) async throws -> RunStatus? {
        try await backend.observe(id)?.status
    }

    @Test
    func `a run continues without its backend, and a new one finds it`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.runForever, [(.worker, 1)], notes: "notes"))
        try await withBackend(scene) { first in
            try await first.start(request)
            try await eventually("it runs") { try await status(first, request.id)?.phase == .running }
            let started = try await status(first, request.id)?.startTime
            try await withBackend(scene) { second in
                let found = try #require(try await status(second, request.id))
                #expect(found.phase == .running)
                #expect(found.startTime == started)
                #expect(scene.pids("notes").count <= 1)
            }
        }
    }

    @Test
    func `an update of a run is found by the next backend, and the run keeps its code`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.exit(code: 0), [(.worker, 1)], notes: "notes"))
        var job = request.job
        job.description = "Changed in place"
        let update = RunRequest(id: request.id, job: job, commit: String(repeating: "c", count: 40), codeFolder: nil)
        try await withBackend(scene) { first in
            try await first.start(request)
            try await eventually("it ended") { try await status(first, request.id)?.phase == .succeeded }
            try await first.update(update)
            try await withBackend(scene) { second in
                let found = try #require(try await second.observe(request.id))
                #expect(found.job == job)
                #expect(found.commit == update.commit)
                #expect(found.runCommit == request.runCommit)
                #expect(found.status.phase == .succeeded)
            }
        }
    }

    @Test
    func `a run without its supervisor restarts, and nothing of the first attempt is left`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.runForever, [(.worker, 2)], notes: "notes"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("both replicas noted their start") { scene.pids("notes").count == 2 }
            let first = scene.pids("notes")
            try killSupervisor(of: "worker-1", in: scene)
            try await eventually("both replicas started again") { scene.pids("notes").count == 4 }
            try await eventually("the first two are gone") { first.allSatisfy { kill($0, 0) != 0 || isZombie($0) } }
            try await eventually("it runs") { try await status(backend, request.id)?.phase == .running }
        }
    }

    private func killSupervisor(of replica: String, in scene: LocalScene) throws {
        let file = scene.folder.path("local/runs/default/team-a/one/1/attempt-1/\(replica)/supervisor.json")
        let record = try JSON(try Data(contentsOf: URL(fileURLWithPath: file)))
        let pid = try #require(record.process.pid.int)
        #expect(kill(Int32(pid), SIGKILL) == 0)
    }

    private func isZombie(_ pid: Int32) -> Bool {
        (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") ?? true
    }

    @Test(
        arguments: [
            ("Python_2.3", "/bin/true", "no Python 2.3 is on the PATH"),
            ("Python_\(PythonVersion.current)", "/nowhere/train.py", "bootfile: there is no /nowhere/train.py"),
        ] as [(String, String, String)]
    )
    func `a run that can't start is refused with a message`(runtime: String, bootfile: String, message: String)
        async throws
    {
        let scene = try LocalScene()
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "notes")
        job.runtime = try #require(Runtime(runtime))
        job.program = .script(bootfile)
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            let errors = [
                await #expect(throws: BackendError.self) { try await backend.checkRequest(request) },
                await #expect(throws: BackendError.self) { try await backend.start(request) },
            ]
            for error in errors {
                guard case .refused(let reason) = error else {
                    Testing.Issue.record("the start was not refused: \(error.debugDescription)")
                    continue
                }
                #expect(reason.contains(message))
            }
            let known = try await status(backend, request.id)
            #expect(known == nil)
        }
    }

    @Test(arguments: [Program.script("-x.py"), .module("trainer.task"), .module("tool")])
    func `a script is never read as an option, and a module can import others in its folder`(program: Program)
        async throws
    {
        let scene = try LocalScene()
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "notes")
        job.program = program
        job.workdir = scene.folder.path("work")
        let output = scene.folder.path("output")
        let text = "import sys\nfrom trainer import model\nopen('\(output)', 'w').write(' '.join(sys.argv[1:]))\n"
        for (name, text) in [
            ("-x.py", text), ("trainer/task.py", text), ("tool/__main__.py", text), ("trainer/model.py", ""),
        ] {
            let url = URL(fileURLWithPath: scene.folder.path("work/\(name)"))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url)
        }
        job.args = ["-c", "x"]
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await status(backend, request.id)?.phase == .succeeded }
        }
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "-c x")
    }

    @Test
    func `a replica has the variables of its job, its run and the machine`() async throws {
        let scene = try LocalScene()
        let output = scene.folder.path("variables")
        let text = "import os\nopen('\(output)', 'w').write('\\n'.join(sorted(os.environ)))\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "notes")
        job.environment = ["OF_THE_JOB": "1"]
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await status(backend, request.id)?.phase == .succeeded }
        }
        let names = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(names.contains("OF_THE_JOB"))
        #expect(names.contains("PATH"))
        #expect(names.contains("TFJOB_RUN"))
    }
}
