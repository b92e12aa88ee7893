import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// The exit record of a replica has the processor time and the memory of all its processes.
@Suite(.timeLimit(.minutes(hangLimit)))
struct UsageTests {
    /// The main process, a child and a process that outlives its parent use 0.4 s each. Two processes hold 60 MiB each at
    /// the same time.
    private static let text = """
        import os, sys, time
        def burn():
            while time.process_time() < 0.4:
                pass
        def hold():
            held = b"x" * (60 << 20)
            # The watch looks each second.
            time.sleep(2.5)
        child = os.fork()
        if child == 0:
            burn()
            hold()
            os._exit(0)
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                burn()
                open(sys.argv[1], "w").close()
                time.sleep(600)
            os._exit(0)
        burn()
        hold()
        os.waitpid(child, 0)
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        """

    /// - Parameters:
    ///   - memory: the limit in bytes. With one, the watch sums the processes, each second where the group lists them.
    ///   - peak: the least amount in MiB that must be seen.
    @Test(arguments: [(0, 60, true), (1 << 30, 120, true), (1 << 30, 60, false)])
    func `the time of ended and of killed processes counts, and so does memory`(
        memory: Int,
        peak: Int,
        hasGroups: Bool
    ) async throws {
        let scene = try LocalScene()
        var job = try scene.job(running: Self.text, [scene.folder.path("burnt")])
        job.replicas[0].resource.memory = MemoryQuantity(bytes: memory, text: "\(memory)")
        let request = scene.request("one", job)
        var settings = scene.settings
        settings.groupTree = hasGroups ? .current : nil
        try await withBackend(scene, settings) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
            let files = RunFolder(request.id, in: backend.runsFolder).replica("worker-0", attempt: 1)
            let exit = try #require(files.exit)
            let seconds = try #require(exit.cpuSeconds)
            #expect(seconds >= 1.2 && seconds < 3, "three processes of 0.4 s, and what Python itself needs")
            let bytes = try #require(exit.peakMemory)
            #expect(bytes >= peak << 20 && bytes < 250 << 20)
        }
    }

    @Test
    func `a replica that was not started has no usage, and neither has a record of an earlier version`() throws {
        let text = #"{"code":0,"endTime":800000000.5,"wasStopped":false}"#
        let record = try JSONDecoder().decode(ExitRecord.self, from: Data(text.utf8))
        #expect(record.cpuSeconds == nil && record.peakMemory == nil)
    }
}
