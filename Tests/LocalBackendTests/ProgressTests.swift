import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// The module `tfjob` in real processes, and what the service makes of its reports.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ProgressTests {
    /// Waits for a status of the run.
    private static func status(
        _ backend: LocalBackend,
        _ request: RunRequest,
        _ condition: @Sendable @escaping (RunStatus) -> Bool
    ) async throws -> RunStatus {
        try await firstValue("the run is as expected") {
            guard let status = try await backend.observe(request.id)?.status, condition(status) else { return nil }
            return status
        }
    }

    @Test
    func `a script reports its steps, and a stop ends it with its own code`() async throws {
        let scene = try LocalScene()
        let job = try scene.job(
            running: """
                import os, sys, time, tfjob
                assert (tfjob.id, tfjob.run, tfjob.partition, tfjob.is_chief) == ("one", 1, "team-a", True)
                def stopped():
                    tfjob.saved(step)
                    print("stops at", step)
                tfjob.on_stop(stopped)
                for step in range(1, 100000):
                    tfjob.progress(step, of=100000, metrics={"loss": 0.5})
                    if tfjob.should_stop():
                        print("again", tfjob.should_stop())
                        sys.exit(tfjob.RESTART)
                    time.sleep(0.01)
                """
        )
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let first = try await Self.status(backend, request) { $0.progress != nil }
            #expect(first.progress?.of == 100_000)
            let second = try await Self.status(backend, request) { $0.progress?.rate != nil }
            let rate = try #require(second.progress?.rate)
            #expect(rate > 1 && rate < 110)
            #expect(second.progress?.secondsLeft != nil)
            try await backend.stop(request.id)
            let stopped = try await Self.status(backend, request) { $0.phase == .suspended }
            let saved = try #require(stopped.savedStep)
            #expect(stopped.progress?.step == saved)
            let log = try String(
                contentsOf: RunFolder(request.id, in: backend.runsFolder).url.appendingPathComponent("worker-0.log"),
                encoding: .utf8
            )
            #expect(log == "stops at \(saved)\nagain True\n")
        }
        // Another service finds the same.
        try await withBackend(scene) { backend in
            let status = try #require(try await backend.observe(request.id)?.status)
            #expect(status.progress?.step == status.savedStep)
            #expect(status.progress?.of == 100_000)
            #expect(status.savedStep != nil)
        }
    }

    @Test
    func `the last step of a run that ends counts, also of a replica that is not the leader`() async throws {
        let scene = try LocalScene()
        var job = try scene.job(
            running: """
                import os, tfjob
                if not tfjob.is_chief:
                    for step in range(1, 8):
                        tfjob.progress(step, of=7)
                """
        )
        job.replicas[0].count = 2
        job.successPolicy = .allWorkers
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let done = try await Self.status(backend, request) { $0.phase == .succeeded }
            #expect(done.progress?.step == 7)
            #expect(done.progress?.of == 7)
            #expect(done.savedStep == nil)
        }
    }

    /// What a hostile script puts in place of its report.
    @Test(arguments: [
        "open(file, 'w').write('{')", "open(file, 'w').write('[' * 100000)", "open(file, 'w').truncate(1 << 40)",
        "os.symlink(sys.argv[1], file)", "os.link(sys.argv[1], file)", "os.mkfifo(file)", "os.mkdir(file)",
        "open(file, 'w').write('{\"step\": 1e400}')", "open(file, 'w').write('{\"step\": -1}')",
        "shutil.rmtree(os.path.dirname(file)); os.symlink(os.path.dirname(sys.argv[1]), os.path.dirname(file))",
    ])
    func `a report that is no report is ignored`(act: String) async throws {
        let scene = try LocalScene()
        let other = scene.folder.path("worker-0.json")
        try Data(#"{"step": 1}"#.utf8).write(to: URL(fileURLWithPath: other))
        let job = try scene.job(
            running: """
                import os, shutil, sys
                file = os.environ["TFJOB_PROGRESS_FILE"]
                \(act)
                """,
            [other]
        )
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let done = try await Self.status(backend, request) { $0.phase.isFinal }
            #expect(done.phase == .succeeded)
            #expect(done.progress == nil)
        }
    }

    @Test
    func `the module is not in the way of a job's own, and can't be changed by a run`() async throws {
        let scene = try LocalScene()
        let (own, more) = (scene.folder.path("own"), scene.folder.path("more"))
        for (folder, name) in [(own, "tfjob"), (more, "other")] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("print('own \(name)')\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).py"))
        }
        for (id, path, output) in [
            ("one", own, "own tfjob\nFalse\n"), ("two", more, "own other\nTrue\n"), ("three", "", "True\n"),
        ] {
            var job = try scene.job(
                running: """
                    import importlib.util, os
                    if importlib.util.find_spec("other"):
                        import other
                    import tfjob
                    print(hasattr(tfjob, "should_stop"))
                    file = tfjob.__file__
                    if "tfjob/" in file:
                        os.chmod(file, 0o600)
                        open(file, "w").write("raise ValueError")
                    """
            )
            job.environment = path.isEmpty ? nil : ["PYTHONPATH": path]
            let request = scene.request(id, job)
            try await withBackend(scene) { backend in
                try await backend.start(request)
                _ = try await Self.status(backend, request) { $0.phase.isFinal }
                let log = RunFolder(request.id, in: backend.runsFolder).url.appendingPathComponent("worker-0.log")
                #expect(try String(contentsOf: log, encoding: .utf8) == output)
            }
        }
    }

    @Test
    func `without reports the newest event of the run's own folder counts`() async throws {
        let scene = try LocalScene()
        // Two events as TensorFlow writes them: one of an earlier run, and step 300 in ten years.
        var job = try scene.job(
            running: """
                import os, struct, sys, time
                def crc(data):
                    value = 0xffffffff
                    for byte in data:
                        value ^= byte
                        for _ in range(8):
                            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
                    value ^= 0xffffffff
                    return struct.pack("<I", ((value >> 15 | value << 17) + 0xa282ead8) & 0xffffffff)
                def event(step, seconds):
                    data = b"\\x09" + struct.pack("<d", seconds) + b"\\x10" + bytes([step & 127 | 128, step >> 7])
                    length = struct.pack("<Q", len(data))
                    return length + crc(length) + data + crc(data)
                folder = os.environ["TFJOB_EVENT_DIR"]
                assert folder.endswith("/events/1/worker-0"), folder
                os.mkdir(folder + "/train")
                with open(folder + "/train/events.out.tfevents.1.x", "wb") as file:
                    file.write(event(900, time.time() - 1000))
                    file.write(event(300, time.time()))
                """
        )
        job.eventDir = scene.folder.path("events/{run}/{replica}")
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let done = try await Self.status(backend, request) { $0.phase == .succeeded }
            #expect(done.progress == RunProgress(step: 300))
        }
    }

    @Test
    func `a new step keeps a silent run alive, and the same step does not`() async throws {
        let scene = try LocalScene()
        var job = try scene.job(
            running: """
                import time, tfjob
                for step in range(6):
                    tfjob.progress(step)
                    time.sleep(1.1)
                tfjob.progress(6)
                time.sleep(600)
                """
        )
        var policy = RunPolicy()
        policy.progressDeadlineSeconds = 4
        job.runPolicy = policy
        let request = scene.request("one", job)
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let done = try await Self.status(backend, request) { $0.phase.isFinal }
            #expect(done.reason == "NoProgress")
            #expect(done.progress?.step == 6)
        }
    }
}
