import Foundation
import Jobs
import Platform
import TestSupport
import Testing

@testable import LocalBackend

/// The supervisor writes what the replica prints, through a pipe.
@Suite(.timeLimit(.minutes(hangLimit)))
struct LogOutputTests {
    @Test
    func `a process of somebody else that holds the output does not hold up the end`() async throws {
        let scene = try LocalScene()
        let gate = scene.folder.path("gate")
        let text = """
            import os, sys, time
            print("begins")
            while not os.path.exists(sys.argv[1]):
                time.sleep(0.01)
            print("ends")
            """
        let request = scene.request("one", try scene.job(running: text, [gate]))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            let files = RunFolder(request.id, in: backend.runsFolder).replica("worker-0", attempt: 1)
            let child = try await firstValue("it started") { files.child }
            try await eventually("it prints") {
                try await LogRotationTests.text(backend, request.id) == "begins\n"
            }
            let holder = try FileHandle(
                forWritingTo: URL(fileURLWithPath: "/proc/\(child.process.pid)/fd/1")
            )
            try Data().write(to: URL(fileURLWithPath: gate))
            try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
            #expect(try await LogRotationTests.text(backend, request.id) == "begins\nends\n")
            try holder.close()
        }
    }

    @Test
    func `a script may close its output or open it by name`() async throws {
        let scene = try LocalScene()
        let text = """
            import os, time
            with open("/dev/stdout", "w") as output:
                output.write("by name\\n")
            os.close(1)
            os.close(2)
            time.sleep(0.5)
            """
        let request = scene.request("one", try scene.job(running: text))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
            #expect(try await LogRotationTests.text(backend, request.id) == "by name\n")
            let exit = RunFolder(request.id, in: backend.runsFolder).replica("worker-0", attempt: 1).exit
            #expect(exit?.code == 0)
        }
    }

    @Test
    func `a full disk stops the log and not the training, and a line says how much is lost`() async throws {
        let scene = try LocalScene()
        let (folder, disk) = (scene.folder.path("attempt-1/worker-0"), scene.folder.path("disk"))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (steps, end) = (scene.folder.path("steps"), scene.folder.path("end"))
        let script = """
            step=0
            while [ ! -e \(end) ]; do
                step=$((step + 1)); echo "step $step"; echo $step > \(steps)
            done
            """
        let words = [
            "4", "\(disk)/worker-0.log", "", "0", scene.folder.path("notice"), scene.folder.url.path, "1000", "1", "",
            "",
            // The log has no limit of its own: a new file would have no line about the loss.
            "", "0", "0", "0", "", "0", "", "0", "3", "3", "/bin/sh", "-c", script, "PATH=/usr/bin:/bin",
        ]
        try Data(words.flatMap { Array($0.utf8) + [0] }).write(to: URL(fileURLWithPath: "\(folder)/launch"))
        let process = Process()
        let command =
            PrivateDisk.command(at: disk, megabytes: 1) + [scene.settings.supervisor, "supervise", folder]
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        try process.run()
        defer { process.terminate() }
        let seen = PrivateDisk(of: process.processIdentifier, at: disk)
        let log = "/proc/\(process.processIdentifier)/root\(disk)/worker-0.log"
        func step() -> Int {
            Int(((try? String(contentsOfFile: steps, encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)) ?? 0
        }
        func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: log))?[.size] as? Int ?? 0 }
        try await eventually("it prints") { size() > 0 && step() > 0 }
        try seen.fill()
        // The last page of the log may have room.
        let now = try await firstValue("a step") { step() > 0 ? step() : nil }
        let lost = now + 2000
        try await eventually("it goes on") { step() > lost }
        let changed = try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        try await eventually("the log still shows progress") {
            try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date != changed
        }
        let full = size()
        try seen.empty()
        try await eventually("the log goes on") { size() > full + 1000 }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let pattern = /\[tfjob-admin\] (\d+) bytes of output are lost: .*: No space left on device\n/
        let loss = try #require(text.firstMatch(of: pattern))
        #expect(try #require(Int(loss.output.1)) > 1000)
        try Data().write(to: URL(fileURLWithPath: end))
        process.waitUntilExit()
        let exit = try JSON(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/exit.json")))
        #expect(exit.code.int == 0)
    }

    @Test
    func `a job that makes rotation impossible goes on, shows progress, and finds the loss in its log`() async throws {
        let scene = try LocalScene()
        let (full, gate) = (scene.folder.path("full"), scene.folder.path("gate"))
        let text = """
            import os, sys, time
            folder = os.environ["TFJOB_REPLICA_FOLDER"]
            log = os.path.normpath(os.path.join(folder, "..", "..", os.path.basename(folder) + ".log"))
            os.makedirs(log + ".new/inner")
            for number in range(20000):
                print(number)
            open(sys.argv[1], "w").close()
            while not os.path.exists(sys.argv[2]):
                print("goes on")
                time.sleep(0.01)
            os.removedirs(log + ".new/inner")
            while not os.path.exists(log + ".1"):
                print("more")
                time.sleep(0.01)
            """
        let request = scene.request("one", try scene.job(running: text, [full, gate]))
        try await withBackend(scene, LogRotationTests.settings(scene)) { backend in
            try await backend.start(request)
            try await eventually("it printed") { FileManager.default.fileExists(atPath: full) }
            let log = try #require(try LogRotationTests.files(scene, request.id).last).path
            func changed() throws -> Date? {
                try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
            }
            for _ in 0..<2 {
                let before = try changed()
                try await eventually("the log shows progress") { try changed() != before }
            }
            #expect(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? 0 <= 10_000)
            try Data().write(to: URL(fileURLWithPath: gate))
            try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
            let text = try await LogRotationTests.text(backend, request.id)
            #expect(text.contains(/\n\[tfjob-admin\] \d{5,6} bytes of output are lost: .*: File exists\n/))
        }
    }

    @Test
    func `a replica that prints without end ends with its supervisor, and restarts`() async throws {
        let scene = try LocalScene()
        let once = scene.folder.path("once")
        let text = """
            import os, signal, sys
            if os.path.exists(sys.argv[1]):
                sys.exit(0)
            open(sys.argv[1], "w").close()
            for number in range(1000):
                print("first", number)
            folder = os.environ["TFJOB_REPLICA_FOLDER"]
            log = os.path.join(folder, "..", "..", os.path.basename(folder) + ".log")
            # What the pipe holds is lost with the supervisor.
            while not open(log).read().endswith("first 999\\n"):
                pass
            os.kill(os.getppid(), signal.SIGKILL)
            while True:
                try:
                    print("nobody reads this")
                except OSError:
                    pass
            """
        let request = scene.request("one", try scene.job(running: text, [once]))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it succeeded") { try await backend.observe(request.id)?.status.phase == .succeeded }
            #expect(try await backend.observe(request.id)?.status.replicas[0].restartCount == 1)
            #expect(try await LogRotationTests.text(backend, request.id).hasPrefix("first 0\nfirst 1\n"))
        }
    }

    /// Follows a log to its end. Returns how many bytes there were, and the last piece.
    private static func follow(_ backend: LocalBackend, _ run: RunID) async throws -> (bytes: Int, end: String) {
        let log = try await backend.log(of: run, replica: "worker-0", LogExtent(isFollowed: true))
        var (bytes, end): (Int, [UInt8]) = (0, [])
        for try await piece in try #require(log) {
            bytes += piece.count
            end = (end + piece).suffix(1000)
        }
        return (bytes, String(decoding: end, as: UTF8.self))
    }

    /// 10 GB with `Tests/run --full`.
    @Test
    func `a script that prints gigabytes costs little memory and a bounded part of the disk`() async throws {
        let megabytes = sweep(200, full: 10_000).count
        let scene = try LocalScene()
        let text = """
            import os, sys
            block = (b"x" * 99 + b"\\n") * 10000
            for _ in range(int(sys.argv[1])):
                rest = memoryview(block)
                while rest:
                    rest = rest[os.write(1, rest):]
            for number in range(1000):
                print("last", number)
            os.close(1)
            os.close(2)
            while not os.path.exists(sys.argv[2]):
                pass
            """
        let gate = scene.folder.path("gate")
        let request = scene.request("one", try scene.job(running: text, [String(megabytes), gate]))
        try await withBackend(scene) { backend in
            let before = ProcessFigures.residentKilobytes(of: getpid())
            let begin = Date()
            try await backend.start(request)
            let follower = Task { try await Self.follow(backend, request.id) }
            try await eventually("it printed all", within: .seconds(600)) {
                try await LogRotationTests.text(backend, request.id, tail: 1) == "last 999\n"
            }
            let seconds = Date().timeIntervalSince(begin)
            let files = RunFolder(request.id, in: backend.runsFolder).replica("worker-0", attempt: 1)
            let supervisor = try #require(files.supervisor?.process.pid)
            let (memory, cpu) = (
                ProcessFigures.residentKilobytes(of: supervisor), ProcessFigures.cpuSeconds(of: supervisor)
            )
            let grown = ProcessFigures.residentKilobytes(of: getpid()) - before
            print(
                "\(megabytes) MB in \(seconds) s: the supervisor used \(memory) kB and \(cpu) s, the service grew by \(grown) kB"
            )
            #expect(memory < 10_000)
            #expect(grown < 100_000)
            let sizes = try LogRotationTests.files(scene, request.id).map { url in
                try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
            }
            #expect(sizes.count <= LogLimits.standard.keep)
            #expect(sizes.allSatisfy { $0 <= LogLimits.standard.maxSize })
            let tail = try await LogRotationTests.text(backend, request.id, tail: 1000)
            #expect(tail == (0..<1000).map { "last \($0)\n" }.joined())
            try Data().write(to: URL(fileURLWithPath: gate))
            let (bytes, end) = try await follower.value
            #expect(end.hasSuffix("\nlast 999\n"))
            #expect(bytes <= megabytes * 1_000_000 + 1_000_000)
        }
    }
}
