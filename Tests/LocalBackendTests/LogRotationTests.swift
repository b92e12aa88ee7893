import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

@Suite(.timeLimit(.minutes(hangLimit)))
struct LogRotationTests {
    static let limits = LogLimits(maxSize: 10_000, keep: 3)

    /// Settings under which the logs of a scene are small.
    static func settings(_ scene: LocalScene, _ limits: LogLimits = limits) -> LocalSettings {
        var settings = scene.settings
        settings.logs = ["default": limits]
        return settings
    }

    static func text(
        _ backend: LocalBackend,
        _ run: RunID,
        tail: Int? = nil,
        follow: Bool = false
    ) async throws -> String {
        let log = try await backend.log(of: run, replica: "worker-0", LogExtent(tail: tail, isFollowed: follow))
        var bytes: [UInt8] = []
        for try await part in try #require(log) {
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The files of the log in the run's folder, oldest first.
    static func files(_ scene: LocalScene, _ run: RunID) throws -> [URL] {
        let folder = RunFolder(run, in: scene.settings.folder.appendingPathComponent("runs")).url
        let numbers = try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { name in
            name.hasPrefix("worker-0.log.") ? Int(name.dropFirst(13)) : nil
        }
        return numbers.sorted().map { folder.appendingPathComponent("worker-0.log.\($0)") }
            + [folder.appendingPathComponent("worker-0.log")]
    }

    static func lines(_ range: ClosedRange<Int>) -> String { range.map { "\($0)\n" }.joined() }

    private static func finish(_ backend: LocalBackend, _ request: RunRequest) async throws {
        try await backend.start(request)
        try await eventually("it ended") { try await backend.observe(request.id)?.status.phase.isFinal == true }
    }

    /// Prints numbers, and waits for the file of the first argument after the line that it names.
    private static let counter = """
        import os, sys, time
        for number in range(1, int(sys.argv[1]) + 1):
            print(number)
            if len(sys.argv) > 2 and number % int(sys.argv[2]) == 0:
                while not os.path.exists(sys.argv[3] + str(number)):
                    time.sleep(0.01)
        """

    @Test
    func `a rotated log is bounded, breaks at line ends, and is read whole or by its last lines`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try scene.job(running: Self.counter, ["20000"]))
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await Self.finish(backend, request)
        }
        let files = try Self.files(scene, request.id)
        let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        #expect(files.count == Self.limits.keep)
        #expect(texts.allSatisfy { $0.utf8.count <= Self.limits.maxSize && $0.hasSuffix("\n") })
        let all = texts.joined()
        let first = try #require(Int(all.prefix { $0 != "\n" }))
        #expect(all == Self.lines(first...20_000))
        try await withBackend(scene) { backend in
            #expect(try await Self.text(backend, request.id) == all)
            for (tail, from) in [(1, 20_000), (3000, 17_001), (1_000_000, first)] {
                for follow in [false, true] {
                    let text = try await Self.text(backend, request.id, tail: tail, follow: follow)
                    #expect(text == Self.lines(from...20_000))
                }
            }
        }
    }

    @Test
    func `a reader that follows a log goes on in the next file, and loses nothing if it keeps up`() async throws {
        let scene = try LocalScene()
        let gate = scene.folder.path("gate-")
        let request = scene.request("one", try scene.job(running: Self.counter, ["20000", "2000", gate]))
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await backend.start(request)
            let log = try await backend.log(of: request.id, replica: "worker-0", LogExtent(isFollowed: true))
            var text = ""
            var next = 2000
            for try await piece in try #require(log) {
                text += String(decoding: piece, as: UTF8.self)
                if text.hasSuffix("\n\(next)\n") {
                    try Data().write(to: URL(fileURLWithPath: gate + String(next)))
                    next += 2000
                }
            }
            #expect(text == Self.lines(1...20_000))
        }
    }

    @Test
    func `a reader that is overtaken goes on at the oldest output, and says how much it skipped`() async throws {
        let scene = try LocalScene()
        let gate = scene.folder.path("gate-")
        let request = scene.request("one", try scene.job(running: Self.counter, ["20000", "100", gate]))
        for number in stride(from: 200, through: 20_000, by: 100) {
            try Data().write(to: URL(fileURLWithPath: gate + String(number)))
        }
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await backend.start(request)
            let log = try await backend.log(of: request.id, replica: "worker-0", LogExtent(isFollowed: true))
            var pieces = try #require(log).makeAsyncIterator()
            var text = ""
            while !text.hasSuffix("\n100\n"), let piece = try await pieces.next() {
                text += String(decoding: piece, as: UTF8.self)
            }
            try Data().write(to: URL(fileURLWithPath: "\(gate)100"))
            try await eventually("it ended") { try await backend.observe(request.id)?.status.phase == .succeeded }
            while let piece = try await pieces.next() {
                text += String(decoding: piece, as: UTF8.self)
            }
            // The reader had the first file open.
            let pattern = /\[tfjob-admin\] (\d+) bytes of output are skipped: newer output has replaced them\n/
            let skip = try #require(text.firstMatch(of: pattern))
            let rest = String(text[skip.range.upperBound...])
            let (last, first) = (text[..<skip.range.lowerBound], try #require(Int(rest.prefix { $0 != "\n" })))
            let end = try #require(last.split(separator: "\n").last.flatMap { Int($0) })
            #expect(rest == Self.lines(first...20_000))
            #expect(last == Self.lines(1...end))
            #expect(Int(skip.output.1) == Self.lines((end + 1)...(first - 1)).utf8.count)
        }
    }

    @Test
    func `a restart goes on in the files of the attempt before, and the cause is found in its own output`() async throws
    {
        let scene = try LocalScene()
        let mark = scene.folder.path("second")
        var job = try scene.job(
            running: """
                import os, sys
                is_first = not os.path.exists(sys.argv[1])
                open(sys.argv[1], "w").close()
                for number in range(1, 10001):
                    print(number + (0 if is_first else 10000))
                if is_first:
                    sys.exit("ValueError: of the first attempt")
                print("x" * 9000)
                print("y" * 9000)
                sys.exit(1)
                """,
            [mark]
        )
        job.replicas[0].restartPolicy = .onFailure
        job.runPolicy = RunPolicy()
        job.runPolicy?.backoffLimit = 1
        let request = scene.request("one", job)
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await Self.finish(backend, request)
            let folder = RunFolder(request.id, in: backend.runsFolder)
            let restart = try #require(try folder.restarts().first)
            #expect(restart.message.contains("ValueError: of the first attempt"))
            let status = try #require(try await backend.observe(request.id)?.status)
            #expect(!status.message.contains("ValueError"), "\(status.message)")
            let order = try #require(folder.replica("worker-0", attempt: 2).order)
            let first = Self.lines(1...10_000) + "ValueError: of the first attempt\n"
            #expect(order.logStart == first.utf8.count)
            let text = try await Self.text(backend, request.id)
            let longLines = ["x", "y"].map { String(repeating: $0, count: 9000) + "\n" }.joined()
            #expect(text.hasSuffix("\n20000\n\(longLines)"))
            #expect(ReplicaLog.readEnd(of: "worker-0", attempt: 2, in: folder).hasSuffix(text.suffix(19_000)))
            #expect(try Self.files(scene, request.id).count == Self.limits.keep)
            let second = Self.lines(10_001...20_000) + longLines
            let newest = try #require(try LogFiles("worker-0", in: folder)?.newestPart())
            #expect(try newest.end == first.utf8.count + second.utf8.count)
        }
    }

    @Test(arguments: [false, true])
    func `the files in logDir are rotated too, on the same and on another file system`(isElsewhere: Bool) async throws {
        let scene = try LocalScene()
        let place = isElsewhere ? "/dev/shm/tfjob-admin-test-\(UUID().uuidString)" : scene.folder.path("logs")
        defer { try? FileManager.default.removeItem(atPath: place) }
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var job = try scene.job(running: Self.counter, ["20000"])
        job.logDir = place
        let request = scene.request("shared", job)
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await Self.finish(backend, request)
            let name = "shared-worker-0.run-1.log"
            let files = try Self.files(scene, request.id)
            let suffixes = files.map { $0.lastPathComponent.dropFirst("worker-0.log".count) }
            let names = try FileManager.default.contentsOfDirectory(atPath: place)
            #expect(Set(names) == Set(suffixes.map { name + $0 }))
            for (file, suffix) in zip(files, suffixes) {
                let shared = try String(contentsOfFile: "\(place)/\(name)\(suffix)", encoding: .utf8)
                #expect(try String(contentsOf: file, encoding: .utf8) == shared)
            }
            #expect(try await Self.text(backend, request.id, tail: 3000) == Self.lines(17_001...20_000))
        }
    }

    @Test(arguments: ["symbolic link", "hard link", "record"])
    func `a file that a job puts in place of a rotated one is not shown`(what: String) async throws {
        let scene = try LocalScene()
        let request = scene.request("sly", try scene.job(running: Self.counter, ["20000"]))
        let secret = scene.folder.path("secret")
        try Data("hunter2\n".utf8).write(to: URL(fileURLWithPath: secret))
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await Self.finish(backend, request)
            let files = try Self.files(scene, request.id)
            try #require(files.count == Self.limits.keep)
            let newest = try String(contentsOf: files[2], encoding: .utf8)
            if what == "record" {
                // No number in it leads to another file, or to an overflow.
                let record = #"{"files":[{"number":1,"inode":1,"start":\#(Int.max)},{"number":2,"inode":2,"start":0}]}"#
                try Data(record.utf8).write(to: files[2].appendingPathExtension("json"))
                // The file system may have given the inode of the first file to the newest one.
                #expect(["", newest].contains(try await Self.text(backend, request.id)))
                return
            }
            try FileManager.default.removeItem(at: files[1])
            if what == "hard link" {
                try FileManager.default.linkItem(atPath: secret, toPath: files[1].path)
            } else {
                try FileManager.default.createSymbolicLink(atPath: files[1].path, withDestinationPath: secret)
            }
            #expect(try await Self.text(backend, request.id, tail: 1_000_000) == newest)
            #expect(try await Self.text(backend, request.id).contains("hunter2") == false)
        }
    }

    @Test
    func `a rotation that was interrupted hides no output`() async throws {
        let scene = try LocalScene()
        let request = scene.request("one", try scene.job(running: Self.counter, ["20000"]))
        try await withBackend(scene, Self.settings(scene)) { backend in
            try await Self.finish(backend, request)
            let text = try await Self.text(backend, request.id)
            let files = try Self.files(scene, request.id)
            try #require(files.count == Self.limits.keep)
            let new = files[2].appendingPathExtension("new")
            try FileManager.default.moveItem(at: files[2], to: new)
            #expect(try await Self.text(backend, request.id) == text)
            try FileManager.default.moveItem(at: files[1], to: files[2])
            #expect(try await Self.text(backend, request.id) == text)
            let log = try ReplicaLog.prepare(
                "worker-0",
                in: RunFolder(request.id, in: backend.runsFolder),
                logDir: request.job.logDir,
                nil
            )
            #expect(log.start == Self.lines(1...20_000).utf8.count)
            let attributes = try FileManager.default.attributesOfItem(atPath: new.path)
            #expect(attributes[.systemFileNumber] as? UInt64 == log.inode)
        }
    }
}
