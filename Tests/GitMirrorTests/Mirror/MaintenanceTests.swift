import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct MaintenanceTests {
    /// Settings by which everything is due at once.
    private func eager(packs: Int, repack: Duration = .seconds(86_400), grace: Duration = .seconds(86_400))
        -> MirrorSettings
    {
        var settings = MirrorSettings()
        settings.packLimit = packs
        settings.repackInterval = repack
        settings.pruneGrace = grace
        return settings
    }

    private func packs(_ mirror: Mirror) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "\(mirror.path)/objects/pack")
            .count { $0.hasSuffix(".pack") }
    }

    private func size(of mirror: Mirror) -> (files: Int, bytes: Int) {
        var size = (files: 0, bytes: 0)
        let names = FileManager.default.enumerator(atPath: mirror.path)
        while names?.nextObject() != nil {
            size.files += 1
            size.bytes += (names?.fileAttributes?[.size] as? Int) ?? 0
        }
        return size
    }

    @Test func `packs are joined where there are many`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 5))
        #expect(try await mirror.maintain() == .notNeeded)
        for _ in 0..<6 {
            try await scene.push()
            _ = try await mirror.fetch()
            if try packs(mirror) <= 5 {
                #expect(try await mirror.maintain() == .notNeeded)
            }
        }
        #expect(try packs(mirror) == 6)
        #expect(try await mirror.maintain() == .joined)
        #expect(try packs(mirror) == 1)
        try await Fixture(folder: scene.folder, path: mirror.path).git("fsck", "--strict")
    }

    @Test func `what the branch left is dropped after its grace and not before`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 0, repack: .zero))
        _ = try await mirror.fetch()
        let old = try await scene.push()
        _ = try await mirror.fetch()
        try await scene.work.git("reset", "--quiet", "--hard", "HEAD~1")
        try scene.work.write("2", to: "other")
        let new = try await scene.push("--force")
        _ = try await mirror.fetch()
        #expect(try await mirror.maintain() == .repacked)
        #expect(try await Repository.open(path: mirror.path).commit(old).id == old)
        // The grace is measured in whole seconds.
        let late = scene.mirror(eager(packs: 0, repack: .zero, grace: .seconds(-2)))
        #expect(try await late.maintain() == .repacked)
        await #expect(throws: GitError.objectMissing(old, path: nil)) {
            try await Repository.open(path: mirror.path).commit(old)
        }
        #expect(try await scene.head(of: mirror) == new)
    }

    @Test func `an absent branch's commits are kept beyond the grace`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 0, repack: .zero, grace: .seconds(-2)))
        let head = try #require(try await mirror.fetch().head)
        try await scene.bare.git("update-ref", "-d", "refs/heads/main")
        #expect(try await mirror.fetch() == .branchAbsent(was: head))
        #expect(try await mirror.maintain() == .repacked)
        #expect(try await Repository.open(path: mirror.path).commit(head).id == head)
    }

    /// Readers that have the repository open, one of them since before the first pack, find every commit while packs come and go.
    @Test func `readers go on while all is repacked`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 0, repack: .zero))
        let known = Shared([try #require(try await mirror.fetch().head)])
        let repositories = try (0..<3).map { _ in try Repository.open(path: mirror.path) }
        let isDone = Shared(false)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for repository in repositories {
                group.addTask {
                    var reads = 0
                    while !isDone.value {
                        for id in known.value {
                            let commit = try await repository.commit(id)
                            #expect(commit.id == id)
                            _ = try await repository.head(of: "main")
                            reads += 1
                        }
                    }
                    return reads
                }
            }
            group.addTask {
                defer { isDone.value = true }
                for round in 0..<25 {
                    try scene.work.write("\(round)", to: "file")
                    try await scene.push()
                    let head = try #require(try await mirror.fetch().head)
                    known.change { $0.append(head) }
                    #expect(try await mirror.maintain() == .repacked)
                }
                return 1
            }
            for try await reads in group {
                #expect(reads > 0)
            }
        }
        #expect(known.value.count == 26)
    }

    /// Fetches go on while a maintenance is at work.
    @Test func `fetches and maintenance do not disturb each other`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 0, repack: .zero))
        _ = try await mirror.fetch()
        for round in 0..<10 {
            try scene.work.write("\(round)", to: "file")
            let head = try await scene.push()
            async let maintenance = mirror.maintain()
            async let fetched = mirror.fetch()
            #expect(try await fetched.head == head)
            _ = try await maintenance
        }
        try await Fixture(folder: scene.folder, path: mirror.path).git("fsck", "--strict")
    }

    /// 10,000 fetches with `--full`: of new commits, of rewritten branches, of nothing.
    @Test func `the mirror does not grow without bound`() async throws {
        var generator = SeededGenerator(seed: SeededGenerator.seed)
        let scene = try await MirrorScene()
        let mirror = scene.mirror(eager(packs: 20, repack: .seconds(5), grace: .seconds(1)))
        _ = try await mirror.fetch()
        let stream = try await CommitStream(scene)
        var most = (packs: 0, files: 0, bytes: 0)
        let begin = ContinuousClock.now
        for round in sweep(150, full: 10_000) {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6: try await stream.add(round)
            case 6: try await stream.rewrite(round)
            default: break
            }
            _ = try await mirror.fetch()
            _ = try await mirror.maintain()
            most.packs = max(most.packs, try packs(mirror))
            if round % 50 == 49 {
                let size = size(of: mirror)
                most = (most.packs, max(most.files, size.files), max(most.bytes, size.bytes))
            }
        }
        print("MaintenanceTests: \(ContinuousClock.now - begin), at most \(most), at the end \(size(of: mirror))")
        let comment = "seed \(SeededGenerator.seed), \(most)"
        #expect(most.packs <= 25, "\(comment)")
        #expect(most.files < 1000, "\(comment)")
        #expect(most.bytes < 16 << 20, "\(comment)")
        try await Fixture(folder: scene.folder, path: mirror.path).git("fsck", "--strict", "--no-dangling")
        #expect(try await scene.head(of: mirror) == scene.bare.id("main"))
    }
}

/// Makes commits in the remote itself, at two programs a commit.
private struct CommitStream {
    private let scene: MirrorScene

    init(_ scene: MirrorScene) async throws {
        self.scene = scene
        // The remote itself must stay small too.
        try await scene.bare.git("config", "gc.auto", "0")
    }

    func add(_ round: Int) async throws {
        try await commit(round, onto: "main")
    }

    func rewrite(_ round: Int) async throws {
        let hasParent = (try? await scene.bare.id("main~1")) != nil
        try await commit(round, onto: hasParent ? "main~1" : "main")
    }

    private func commit(_ round: Int, onto parent: String) async throws {
        let id = try await scene.bare.git("commit-tree", "-p", parent, "-m", "\(round)", "main^{tree}")
        try await scene.bare.git("update-ref", "refs/heads/main", id)
    }
}
