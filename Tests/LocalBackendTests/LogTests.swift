import Foundation
import Jobs
import LocalBackend
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct LogTests {
    /// A job whose script prints each argument as a line. An argument `@file` makes the script wait for that file.
    private static func job(_ scene: LocalScene, _ words: [String], logDir: String? = nil) throws -> Job {
        let script = scene.folder.path("printer.py")
        let text = """
            import os, sys, time
            for word in sys.argv[1:]:
                if word.startswith("@"):
                    while not os.path.exists(word[1:]):
                        time.sleep(0.01)
                else:
                    print(word)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
        job.program = .script(script)
        job.args = words
        job.logDir = logDir
        return job
    }

    private static func text(
        _ backend: LocalBackend,
        _ run: RunID,
        tail: Int? = nil,
        follow: Bool = false
    ) async throws -> String? {
        let extent = LogExtent(tail: tail, isFollowed: follow)
        guard let log = try await backend.log(of: run, replica: "worker-0", extent) else { return nil }
        var bytes: [UInt8] = []
        for try await part in log {
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func finish(_ backend: LocalBackend, _ request: RunRequest) async throws {
        try await backend.start(request)
        try await eventually("\(request.id) succeeds") {
            try await backend.observe(request.id)?.status.phase == .succeeded
        }
    }

    @Test
    func `a log is read whole, by its last lines, and after a restart of the backend`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try Self.job(scene, ["a", "b", "c", "d"]))
        try await withBackend(scene) { backend in
            #expect(try await backend.loggedRuns(of: request.id.key).isEmpty)
            try await Self.finish(backend, request)
            #expect(try await backend.loggedRuns(of: request.id.key) == [LoggedRun(number: 1, replicas: ["worker-0"])])
        }
        try await withBackend(scene) { backend in
            let all = "a\nb\nc\nd\n"
            let cases: [(Int?, String)] = [(nil, all), (0, ""), (1, "d\n"), (3, "b\nc\nd\n"), (4, all), (9, all)]
            for (tail, expected) in cases {
                let text = try await Self.text(backend, request.id, tail: tail)
                let followed = try await Self.text(backend, request.id, tail: tail, follow: true)
                #expect(text == expected)
                #expect(followed == expected)
            }
            for (run, replica) in [(1, "worker-1"), (1, "../worker-0"), (2, "worker-0")] {
                let id = RunID(key: request.id.key, number: run)
                let log = try await backend.log(of: id, replica: replica, LogExtent())
                #expect(log == nil)
            }
        }
    }

    @Test
    func `the last lines of a long log are found across its blocks`() async throws {
        let scene = try LocalScene()
        let long = String(repeating: "x", count: 70_000)
        let request = scene.request("long", try Self.job(scene, ["first", long, "y", long]))
        try await withBackend(scene) { backend in
            try await Self.finish(backend, request)
            #expect(try await Self.text(backend, request.id, tail: 1) == "\(long)\n")
            #expect(try await Self.text(backend, request.id, tail: 2) == "y\n\(long)\n")
            #expect(try await Self.text(backend, request.id, tail: 3) == "\(long)\ny\n\(long)\n")
            #expect(try await Self.text(backend, request.id, tail: 4) == "first\n\(long)\ny\n\(long)\n")
        }
    }

    @Test
    func `a followed log arrives as it is printed, and ends with its replica`() async throws {
        let scene = try LocalScene()
        let (first, second) = (scene.folder.path("first"), scene.folder.path("second"))
        let request = scene.request("grows", try Self.job(scene, ["a", "@\(first)", "b", "@\(second)", "c"]))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            // Follow the log before the replica starts.
            let log = try await backend.log(of: request.id, replica: "worker-0", LogExtent(isFollowed: true))
            var pieces = try #require(log).makeAsyncIterator()
            var text = ""
            for (expected, gate) in [("a\n", first), ("a\nb\n", second), ("a\nb\nc\n", nil)] {
                while text != expected, let piece = try await pieces.next() {
                    text += String(decoding: piece, as: UTF8.self)
                }
                #expect(text == expected)
                if let gate {
                    try Data().write(to: URL(fileURLWithPath: gate))
                }
            }
            #expect(try await pieces.next() == nil)
        }
    }

    @Test
    func `a stopped run ends its log, and a cancelled reader closes the file`() async throws {
        let scene = try LocalScene()
        let request = scene.request("stops", try Self.job(scene, ["a", "@/nowhere"]))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it prints") { try await Self.text(backend, request.id) == "a\n" }
            func isOpen() throws -> Bool {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains { name in
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                    return target?.hasSuffix("/stops/1/worker-0.log") == true
                }
            }
            let reader = Task { try await Self.text(backend, request.id, follow: true) }
            try await eventually("the log is open") { try isOpen() }
            reader.cancel()
            _ = await reader.result
            try await eventually("the log is closed") { try !isOpen() }
            let other = Task { try await Self.text(backend, request.id, follow: true) }
            try await eventually("the log is open again") { try isOpen() }
            try await backend.stop(request.id)
            #expect(try await other.value == "a\n")
        }
    }

    @Test(arguments: ["symbolic link", "hard link", "hard link in the order", "folder", "pipe", "nothing"])
    func `a file that a job puts in place of its log is not shown`(what: String) async throws {
        let scene = try LocalScene()
        let request = scene.request("sly", try Self.job(scene, ["a"]))
        let secret = scene.folder.path("secret")
        try Data("hunter2".utf8).write(to: URL(fileURLWithPath: secret))
        try await withBackend(scene) { backend in
            try await Self.finish(backend, request)
            let log = scene.folder.path("local/runs/default/team-a/sly/1/worker-0.log")
            try FileManager.default.removeItem(atPath: log)
            switch what {
            case "symbolic link": try FileManager.default.createSymbolicLink(atPath: log, withDestinationPath: secret)
            case "hard link": try FileManager.default.linkItem(atPath: secret, toPath: log)
            case "hard link in the order":
                try FileManager.default.linkItem(atPath: secret, toPath: log)
                let order = scene.folder.path("local/runs/default/team-a/sly/1/attempt-1/worker-0/order.json")
                let text = try String(contentsOfFile: order, encoding: .utf8)
                let inode = try FileManager.default.attributesOfItem(atPath: secret)[.systemFileNumber] as? UInt64
                let changed = text.replacing(/"logInode":\d+/, with: "\"logInode\":\(try #require(inode))")
                #expect(changed != text)
                try Data(changed.utf8).write(to: URL(fileURLWithPath: order))
            case "folder": try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: false)
            case "pipe": try await run(["mkfifo", log], in: "/")
            default: break
            }
            // A followed log ends too, because the replica has ended.
            #expect(try await Self.text(backend, request.id) == "")
            #expect(try await Self.text(backend, request.id, follow: true) == "")
        }
    }

    @Test
    func `a link in place of the run's folder is not followed`() async throws {
        let scene = try LocalScene()
        let request = scene.request("moved", try Self.job(scene, ["a"]))
        try await withBackend(scene) { backend in
            try await Self.finish(backend, request)
            let folder = scene.folder.path("local/runs/default/team-a/moved/1")
            try FileManager.default.moveItem(atPath: folder, toPath: scene.folder.path("elsewhere"))
            try FileManager.default.createSymbolicLink(
                atPath: folder,
                withDestinationPath: scene.folder.path("elsewhere")
            )
            #expect(try await Self.text(backend, request.id) == "")
        }
    }

    /// With `isElsewhere`, `logDir` is on another file system than the tests' folder: shared memory.
    @Test(arguments: [false, true])
    func `the log is also in logDir, even on another file system, and links there are not followed`(isElsewhere: Bool)
        async throws
    {
        let scene = try LocalScene()
        let place = isElsewhere ? "/dev/shm/tfjob-admin-test-\(UUID().uuidString)" : scene.folder.path("logs")
        defer { try? FileManager.default.removeItem(atPath: place) }
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let victim = scene.folder.path("victim")
        try Data("kept".utf8).write(to: URL(fileURLWithPath: victim))
        let shared = place + "/shared-worker-0.run-1.log"
        try FileManager.default.createSymbolicLink(atPath: shared, withDestinationPath: victim)
        let gate = scene.folder.path("gate")
        let request = scene.request("shared", try Self.job(scene, ["a", "@\(gate)", "b"], logDir: place))
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("the copy has what was printed") {
                (try? String(contentsOfFile: shared, encoding: .utf8)) == "a\n"
            }
            // Changes that the job makes to the copy do not reach readers.
            let other = scene.folder.path("other")
            if isElsewhere {
                try FileManager.default.removeItem(atPath: shared)
                try FileManager.default.createSymbolicLink(atPath: shared, withDestinationPath: other)
            }
            try Data().write(to: URL(fileURLWithPath: gate))
            try await eventually("it succeeds") {
                try await backend.observe(request.id)?.status.phase == .succeeded
            }
            #expect(try await Self.text(backend, request.id) == "a\nb\n")
            #expect(!FileManager.default.fileExists(atPath: other))
            if !isElsewhere {
                #expect(try String(contentsOfFile: shared, encoding: .utf8) == "a\nb\n")
            }
        }
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "kept")
    }
}
