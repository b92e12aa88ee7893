import Foundation
import Git
import GitMirror
import GitSupport
import Platform
import TestSupport
import Testing

/// What a crash leaves behind, and a mirror that is damaged.
@Suite(.timeLimit(.minutes(hangLimit))) struct RecoveryTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func `what a killed git left is removed`() async throws {
        let scene = try await MirrorScene()
        let path = scene.mirror().path
        _ = try await scene.mirror().fetch()
        let names = [
            "refs/heads/main.lock", "refs/tfjob-admin/fetched.lock", "packed-refs.lock", "HEAD.lock", "config.lock",
            "objects/pack/tmp_pack_abc", "objects/pack/tmp_idx_abc", "objects/pack/.tmp-1-pack-abc.pack",
            "objects/00/tmp_obj_abc",
        ]
        try FileManager.default.createDirectory(atPath: "\(path)/objects/00", withIntermediateDirectories: true)
        let pack = try FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/pack")
            .first { $0.hasSuffix(".pack") }
        let mark = "objects/pack/\(try #require(pack).dropLast(5)).keep"
        for name in names + [mark] {
            try Data("fetch-pack 1 on host".utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        let head = try await scene.push()
        // As the next service does it.
        #expect(try await scene.mirror().fetch().head == head)
        #expect((names + [mark]).filter { exists("\(path)/\($0)") } == [])
    }

    @Test func `a fetch of a service that was killed is ended by the next`() async throws {
        let scene = try await MirrorScene()
        _ = try await scene.mirror().fetch()
        let file = scene.folder.path("pid")
        let sleeper = try await RunningProgram(["setsid", "--fork", "sh", "-c", "echo $$ > '\(file)'; exec sleep 600"])
        try await sleeper.wait()
        let pid = try await firstValue("the process has started") {
            (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .newlines)) }
        }
        let process = try #require(ProcessIdentity.of(pid))
        let record = URL(fileURLWithPath: scene.folder.path("mirror/fetch.process"))
        try JSONEncoder().encode(process).write(to: record)
        _ = try await scene.mirror().fetch()
        try await eventually("it is ended") { !process.isAlive }
        #expect(!exists(record.path))
    }

    @Test func `a fetch is noted while it runs and forgotten after`() async throws {
        let scene = try await MirrorScene()
        let server = try EchoServer.silent()
        var settings = MirrorSettings()
        settings.fetchTimeout = .seconds(20)
        let mirror = scene.mirror(of: try RemoteAddress("http://127.0.0.1:\(server.port)/x"), settings)
        let fetch = Task { try await mirror.fetch() }
        let record = scene.folder.path("mirror/fetch.process")
        try await eventually("the record names a git that is alive, at the remote") {
            guard let data = FileManager.default.contents(atPath: record),
                let process = try? JSONDecoder().decode(ProcessIdentity.self, from: data)
            else { return false }
            let commands = try CommandLines.containing("127.0.0.1:\(server.port)")
            return process.isAlive && !commands.isEmpty
        }
        fetch.cancel()
        await #expect(throws: MirrorError.cancelled) { try await fetch.value }
        #expect(!exists(record))
    }

    @Test(arguments: ["config", "HEAD", "objects/pack", "refs/heads/main"])
    func `a damaged mirror is reported and rebuilt`(part: String) async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        let head = try #require(try await mirror.fetch().head)
        let path = "\(mirror.path)/\(part)"
        try FileManager.default.removeItem(atPath: path)
        try Data("[broken".utf8).write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
        guard case .mirrorDamaged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let rebuilt = try await mirror.rebuild()
        #expect(rebuilt.head == head)
        #expect(try await scene.head(of: mirror) == head)
        #expect(try await mirror.fetch() == .unchanged(head))
        try await Fixture(folder: scene.folder, path: mirror.path).git("fsck", "--strict")
    }

    @Test func `a reader of the old mirror goes on after a rebuild`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        let head = try #require(try await mirror.fetch().head)
        let repository = try Repository.open(path: mirror.path)
        let next = try await scene.push()
        #expect(try await mirror.rebuild() == .moved(from: head, to: next))
        #expect(try await repository.commit(head).id == head)
        #expect(try await Repository.open(path: mirror.path).commit(next).id == next)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.folder.path("mirror")).sorted() == [
                "home", "mirror.git",
            ]
        )
    }

    @Test func `a rebuild that fails leaves the old mirror`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        let head = try await mirror.fetch().head
        try FileManager.default.moveItem(atPath: scene.bare.path, toPath: scene.folder.path("away"))
        await #expect(throws: MirrorError.self) { try await mirror.rebuild() }
        #expect(try await scene.head(of: mirror) == head)
    }

    @Test func `calls at the same time wait for each other`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        let head = try await scene.work.id("HEAD")
        let results = try await withThrowingTaskGroup(of: Fetched.self) { group in
            for _ in 0..<8 {
                group.addTask { try await mirror.fetch() }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0 == .moved(from: nil, to: head) } == 1)
        #expect(results.count { $0 == .unchanged(head) } == 7)
    }
}
