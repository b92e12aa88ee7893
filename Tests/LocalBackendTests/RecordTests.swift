import Foundation
import Jobs
import Platform
import TestSupport
import Testing

@testable import LocalBackend

/// What the backend reports of ended processes and of the interpreter.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RecordTests {
    @Test
    func `ends and usage are kept over restarts of the run and of the service`() async throws {
        let scene = try LocalScene()
        let gate = scene.folder.path("gate")
        let text = """
            import os, sys, time
            if os.path.exists(sys.argv[1]):
                while not os.path.exists(sys.argv[2]):
                    time.sleep(0.01)
                sys.exit(0)
            open(sys.argv[1], "w").close()
            while time.process_time() < 0.3:
                pass
            os._exit(9)
            """
        var job = try scene.job(running: text, [scene.folder.path("mark"), gate])
        job.replicas[0].restartPolicy = .onFailure
        job.replicas[0].resource.gpu = 2
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it runs again") {
                let replica = try await backend.observe(request.id)?.status.replicas.first
                return replica?.state == .running && replica?.restartCount == 1
            }
        }
        // `withBackend` has stopped the run. A new backend reads all from the files.
        let backend = try await scene.open()
        let stopped = try #require(try await backend.observe(request.id)?.status)
        #expect(stopped.phase == .suspended && stopped.restarts == 1)
        #expect(stopped.replicas[0].lastExit?.wasStopped == true)
        let before = try #require(stopped.replicas[0].usage)
        #expect(before.cpuSeconds ?? 0 >= 0.3 && before.gpuSeconds > 0)
        try Data().write(to: URL(fileURLWithPath: gate))
        let life = Task { try await backend.run() }
        defer { life.cancel() }
        try await backend.start(request)
        try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
        let replica = try #require(try await backend.observe(request.id)?.status.replicas.first)
        #expect(replica.lastExit?.text == "exited 0")
        let usage = try #require(replica.usage)
        #expect(usage.cpuSeconds ?? 0 > before.cpuSeconds ?? 1 && usage.gpuSeconds > before.gpuSeconds)
        #expect(usage.peakMemory ?? 0 >= before.peakMemory ?? 0)
    }

    @Test
    func `a process that nobody saw end was lost`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", scene.job(.runForever, [(.worker, 1)], notes: "notes"))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let files = RunFolder(request.id, in: backend.runsFolder).replica("worker-0", attempt: 1)
            try await eventually("it runs") { files.child != nil }
            let supervisor = try #require(files.supervisor?.process)
            kill(supervisor.pid, SIGKILL)
            try await eventually("it was lost and runs again") {
                let replica = try await backend.observe(request.id)?.status.replicas.first
                return replica?.restartCount == 1 && replica?.state == .running
            }
            let replica = try #require(try await backend.observe(request.id)?.status.replicas.first)
            #expect(replica.lastExit == .lost)
        }
    }

    @Test
    func `the packages of a virtual environment are read, and none of its code runs`() async throws {
        let folder = try TemporaryFolder()
        let venv = folder.path("venv")
        try await run(["python\(PythonVersion.current)", "-m", "venv", "--without-pip", venv], in: folder.url.path)
        let packages = "\(venv)/lib/python\(PythonVersion.current)/site-packages"
        for (name, version) in [("tensorflow_cpu", "2.21.0"), ("Jinja2", "3.1.6"), ("pip", "23.0")] {
            let info = "\(packages)/\(name)-\(version).dist-info"
            try FileManager.default.createDirectory(atPath: info, withIntermediateDirectories: true)
            try Data("Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n".utf8)
                .write(to: URL(fileURLWithPath: "\(info)/METADATA"))
        }
        let mark = folder.path("mark")
        try Data("import os; open('\(mark)', 'w').close()\n".utf8)
            .write(to: URL(fileURLWithPath: "\(packages)/evil.pth"))
        let reader = EnvironmentReader()
        let environment = try #require(await reader.readEnvironment(of: "\(venv)/bin/python"))
        #expect(environment.packages == ["Jinja2==3.1.6", "tensorflow_cpu==2.21.0"])
        #expect(environment.python.hasPrefix(PythonVersion.current + "."))
        #expect(environment.platform.hasPrefix("Linux-"))
        #expect(!FileManager.default.fileExists(atPath: mark))
        #expect(await reader.readEnvironment(of: folder.path("absent")) == nil)
        try await run(["\(venv)/bin/python", "-c", ""], in: folder.url.path)
        #expect(FileManager.default.fileExists(atPath: mark), "an ordinary start of the interpreter runs it")
    }
}
