import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct LifecycleTests {
    @Test
    func `a pushed job runs, is shown, and finishes`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("wait", gate).text, to: scene.path("one"))
        let commit = try await scene.repository.publish()

        let running = try await service.job("one", reaches: "running")
        #expect(running.metadata.uid.text == "ann@example.org")
        #expect(running.metadata.commit.text == commit)
        #expect(running.metadata.path.text == scene.path("one"))
        #expect(running.status.run.int == 1)
        #expect(running.status.replicas[0].id.text == "one-worker-0")
        #expect(running.status.replicas[0].exitCode == .null)

        try Data().write(to: URL(fileURLWithPath: gate))
        let done = try await service.job("one", reaches: "succeeded")
        #expect(done.status.replicas[0].exitCode.int == 0)
        #expect(done.status.completionTime.text != nil)
        try await scene.end(service)
    }

    @Test
    func `a new description changes the job in place, new args replace the run, and a deleted file ends it`()
        async throws
    {
        let scene = try await Scene()
        let service = try await scene.serve()
        let job = scene.job("run", "first")
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let first = try await firstValue("the script runs") { try scene.starts().first }

        try scene.repository.write(job.with { $0.description = "Another" }.text, to: scene.path("one"))
        let described = try await scene.repository.publish()
        try await eventually("the description is shown") {
            try await service.job("one")?.spec.description.text == "Another"
        }
        let updated = try #require(try await service.job("one"))
        #expect(updated.metadata.commit.text == described)
        #expect(updated.status.run.int == 1)
        #expect(first.isAlive)
        #expect(try scene.starts().count == 1)

        try scene.repository.write(job.with { $0.args = ["run", "second"] }.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running", run: 2)
        let second = try await firstValue("the new run's script runs") { try scene.starts().dropFirst().first }
        #expect(second.args == "run second")
        #expect(!first.isAlive)

        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the job is gone") { try await service.job("one") == nil }
        #expect(try scene.leftovers() == [])
        #expect(!second.isAlive)
        try await scene.end(service)
    }

    @Test
    func `what a script started in the background ends with its run`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(
            """
            import os, subprocess, sys
            for session in (False, True):
                subprocess.Popen(["sleep", "600"], start_new_session=session)
            exec(open("job.py").read())
            """,
            to: "code/parent.py"
        )
        try scene.repository.write(scene.job("run") { $0.bootfile = "parent.py" }.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try await eventually("supervisor, script and both children run") {
            try scene.leftovers().count == 4
        }
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the job is gone") { try await service.job("one") == nil }
        #expect(try scene.leftovers() == [])
        try await scene.end(service)
    }

    @Test
    func `a script that fails fails its job and says with which code`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("exit", "7").text, to: scene.path("one"))
        try await scene.repository.publish()
        let job = try await service.job("one", reaches: "failed")
        #expect(job.status.reason.text == "ReplicaFailed")
        #expect(job.status.message.text?.contains("code 7") == true)
        #expect(job.status.replicas[0].status.text == "Failed")
        #expect(job.status.replicas[0].exitCode.int == 7)
        try await scene.end(service)
    }

    @Test
    func `a script that catches SIGTERM is killed after the grace period`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nexec(open('job.py').read())\n",
            to: "code/stubborn.py"
        )
        let stubborn = scene.job("run") {
            $0.bootfile = "stubborn.py"
            $0.more.append(#""runPolicy": {"gracePeriodSeconds": 2}"#)
        }
        try scene.repository.write(stubborn.text, to: scene.path("one"))
        try await scene.repository.publish()
        let start = try await firstValue("the script runs") { try scene.starts().first }
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the job is gone") { try await service.job("one") == nil }
        #expect(!start.isAlive)
        try await scene.end(service)
    }

    @Test
    func `the program's files may be renamed while it serves`() async throws {
        let scene = try await Scene()
        let folder = scene.folder.path("program")
        let built = URL(fileURLWithPath: BuiltExecutable.path).deletingLastPathComponent()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["tfjob-admin", "tfjob-supervisor"] {
            try await run(["cp", built.appendingPathComponent(name).path, folder], in: "/")
        }
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: ["sh", "-c", #"shift; exec "$0" "$@""#, folder + "/tfjob-admin"]
        )
        try FileManager.default.moveItem(atPath: folder, toPath: folder + "-2")
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        try FileManager.default.removeItem(atPath: folder + "-2")
        try scene.repository.write(scene.job("exit", "0", "again").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded", run: 2)
        try await scene.end(service)
    }
}
