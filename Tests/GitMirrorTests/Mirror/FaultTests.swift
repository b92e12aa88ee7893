import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@testable import GitMirror

/// Servers that stall, cut, lie or are slow: no fetch outlives its deadline, and what is not whole is not used.
@Suite(.timeLimit(.minutes(hangLimit))) struct FaultTests {
    private static let clock = ContinuousClock()

    /// A mirror through a proxy that spoils what the server says, of a repository with something in it.
    private func withProxy(
        timeout: Duration = .seconds(30),
        _ body: (MirrorScene, Mirror, FaultProxy) async throws -> Void
    ) async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let proxy = try FaultProxy(to: server.plainPort)
            var settings = MirrorSettings()
            settings.fetchTimeout = timeout
            let address = try RemoteAddress("http://127.0.0.1:\(proxy.port)/open/jobs.git")
            try await body(scene, scene.mirror(of: address, settings), proxy)
        }
    }

    /// Commits something that does not compress, so that the pack has a body.
    private func pushNoise(_ scene: MirrorScene, _ generator: inout SeededGenerator) async throws -> ObjectID {
        let noise = (0..<200).map { _ in String(UInt64.random(in: 0...UInt64.max, using: &generator), radix: 36) }
        try scene.work.write(noise.joined(), to: "noise")
        return try await scene.push()
    }

    /// The mirror is whole by git's own judgement, and has no file that a fetch left half.
    private func expectWhole(_ scene: MirrorScene, _ mirror: Mirror, at head: ObjectID) async throws {
        #expect(try await scene.head(of: mirror) == head)
        let copy = Fixture(folder: scene.folder, path: mirror.path)
        try await copy.git("fsck", "--strict", "--no-dangling", "--no-progress")
    }

    /// Whoever fetched through a proxy is gone, or just being killed.
    private func expectNobody(at proxy: FaultProxy) async throws {
        try await eventually("all processes of the fetch are gone", within: promised(.seconds(2))) {
            try CommandLines.containing("127.0.0.1:\(proxy.port)").isEmpty
        }
    }

    private func leftOvers(_ mirror: Mirror) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: mirror.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.contains("tmp_") || $0.hasSuffix(".lock") || $0.hasSuffix(".keep") }
    }

    @Test func `a server that stalls anywhere is given up at the deadline`() async throws {
        try await withProxy(timeout: .seconds(5)) { scene, mirror, proxy in
            var generator = SeededGenerator(seed: SeededGenerator.seed)
            let old = try #require(try await mirror.fetch().head)
            proxy.set(.none)
            _ = try await mirror.fetch()
            let advertisement = proxy.passed
            let new = try await pushNoise(scene, &generator)
            let stalls = [0, 1, advertisement / 2, advertisement + 40, advertisement + 600]
            for stall in stalls {
                proxy.set(.stall(after: stall))
                let start = Self.clock.now
                let expected = MirrorError.timedOut(after: .seconds(5), setting: "repository.fetchTimeout")
                await #expect(throws: expected, "stalled at \(stall)") { try await mirror.fetch() }
                // Generous for a busy machine, which has taken 37 s; a fetch that hangs would never end.
                #expect(Self.clock.now - start < .seconds(90))
                try await expectWhole(scene, mirror, at: old)
            }
            proxy.set(.none)
            #expect(try await mirror.fetch() == .moved(from: old, to: new))
            try await expectWhole(scene, mirror, at: new)
            #expect(try leftOvers(mirror).isEmpty)
        }
    }

    @Test func `no process outlives the deadline`() async throws {
        try await withProxy(timeout: .seconds(1)) { _, mirror, proxy in
            proxy.set(.stall(after: 10))
            await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            try await expectNobody(at: proxy)
        }
    }

    @Test func `a cancelled fetch is ended at once`() async throws {
        try await withProxy { _, mirror, proxy in
            proxy.set(.stall(after: 10))
            let fetch = Task { try await mirror.fetch() }
            try await eventually("git is at work") {
                try !CommandLines.containing("127.0.0.1:\(proxy.port)").isEmpty
            }
            fetch.cancel()
            await #expect(throws: MirrorError.cancelled) { try await fetch.value }
            try await expectNobody(at: proxy)
        }
    }

    /// Cuts, and turns a byte over, at places all over the conversation: 25 of them, 1000 with `--full`.
    @Test(arguments: [true, false])
    func `what is cut or garbled is not used`(isCut: Bool) async throws {
        var generator = SeededGenerator(seed: SeededGenerator.seed)
        try await withProxy { scene, mirror, proxy in
            var old = try #require(try await mirror.fetch().head)
            proxy.set(.none)
            let probe = try await pushNoise(scene, &generator)
            #expect(try await mirror.fetch() == .moved(from: old, to: probe))
            let length = proxy.passed
            old = probe
            var new = try await pushNoise(scene, &generator)
            let places = Array(0..<length).shuffled(using: &generator)
            for place in sweep(25, full: 1000).compactMap({ places.indices.contains($0) ? places[$0] : nil }) {
                proxy.set(isCut ? .cut(after: place) : .flip(at: place))
                let fetched: Fetched
                do {
                    fetched = try await mirror.fetch()
                } catch is MirrorError {
                    try await expectWhole(scene, mirror, at: old)
                    continue
                }
                // Whole all the same: the place was in what follows the pack, or in a header that nobody reads.
                #expect(fetched.head == new, "seed \(SeededGenerator.seed), place \(place)")
                try await expectWhole(scene, mirror, at: new)
                old = new
                new = try await pushNoise(scene, &generator)
            }
            proxy.set(.none)
            #expect(try await mirror.fetch() == .moved(from: old, to: new))
            try await expectWhole(scene, mirror, at: new)
            #expect(try leftOvers(mirror).isEmpty)
        }
    }

    @Test func `a slow server is waited for`() async throws {
        try await withProxy { scene, mirror, proxy in
            proxy.set(.delay(.milliseconds(300)))
            let head = try await scene.work.id("HEAD")
            #expect(try await mirror.fetch() == .moved(from: nil, to: head))
        }
    }
}

@Suite struct FetchFailureTests {
    @Test(arguments: [
        "Host key verification failed", "Authentication failed", "fsck error", "fatal: couldn't find remote ref main",
        "Could not resolve host", "No space left on device",
    ])
    func `the server's own words do not name the failure`(words: String) throws {
        let address = try RemoteAddress("ssh://git@git.example.org/jobs.git")
        let failure = FetchFailure(
            "remote: \(words)\nfatal: Could not read from remote repository.\n",
            address: address,
            settings: MirrorSettings(),
            path: "/mirror",
            scrubber: Scrubber([])
        )
        #expect(!failure.saysBranchAbsent)
        #expect(failure.error == .connectionFailed(address: address.url, reason: "remote: \(words)"))
    }
}
