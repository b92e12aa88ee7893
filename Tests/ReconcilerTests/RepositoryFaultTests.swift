import Foundation
import Glibc
import Jobs
import Journal
import TestSupport
import Testing

/// A repository that is damaged or can't be read stops nothing, says what is wrong, and counts again when it is mended.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RepositoryFaultTests {
    /// What becomes of an object, and how it is mended again.
    enum Damage: String, CaseIterable, Sendable {
        case missingBlob, missingTree, missingCommit, cutBlob, cutTree, cutCommit, emptyBlob, garbledTree, garbledPack
    }

    private func object(_ revision: String, in scene: ReconcilerScene) async throws -> URL {
        let id = try await scene.repository.git("rev-parse", revision).trimmingCharacters(in: .whitespacesAndNewlines)
        return URL(fileURLWithPath: "\(scene.repository.bare)/objects/\(id.prefix(2))/\(id.dropFirst(2))")
    }

    /// Damages a commit's objects before the branch names it.
    ///
    /// - Returns: the file and what it held.
    private func damage(_ damage: Damage, in scene: ReconcilerScene) async throws -> (file: URL, content: Data) {
        let file: URL
        switch damage {
        case .missingBlob, .cutBlob, .emptyBlob: file = try await object("HEAD:\(scene.path("new"))", in: scene)
        case .missingTree, .cutTree, .garbledTree:
            file = try await object("HEAD:clusters/default/partitions/team-a", in: scene)
        case .missingCommit, .cutCommit: file = try await object("HEAD", in: scene)
        case .garbledPack:
            try await TestSupport.run(["git", "repack", "-adfq"], in: scene.repository.bare)
            let packs = URL(fileURLWithPath: scene.repository.bare + "/objects/pack")
            let names = try FileManager.default.contentsOfDirectory(atPath: packs.path)
            file = packs.appendingPathComponent(try #require(names.first { $0.hasSuffix(".pack") }))
        }
        let content = try Data(contentsOf: file)
        unsafe chmod(file.path, 0o644)
        switch damage {
        case .missingBlob, .missingTree, .missingCommit: try FileManager.default.removeItem(at: file)
        case .emptyBlob: try Data().write(to: file)
        case .cutCommit: try content.prefix(20).write(to: file)
        case .cutBlob, .cutTree: try content.prefix(content.count / 2).write(to: file)
        case .garbledTree: try Data(repeating: 0x5A, count: content.count).write(to: file)
        case .garbledPack:
            // All but the header.
            try overwrite(file, with: content.prefix(12) + Data(repeating: 0x5A, count: content.count - 12))
        }
        return (file, content)
    }

    /// Writes other bytes into a file that may be mapped into memory, so they are seen there too; the file never gets shorter.
    private func overwrite(_ file: URL, with content: Data) throws {
        let handle = try FileHandle(forUpdating: file)
        try handle.write(contentsOf: content)
        try handle.close()
    }

    @Test(arguments: Damage.allCases)
    func `a damaged commit is not applied, nothing stops, and it heals`(kind: Damage) async throws {
        let scene = try await ReconcilerScene()
        try scene.write("stays")
        try scene.write("goes")
        let first = try await scene.repository.publish()
        try await scene.reconciling {
            try await scene.settled(at: first)
            // Another text: what has been read before is not read again.
            try scene.write("new") { $0.args = ["new"] }
            try scene.repository.remove(scene.path("goes"))
            let commit = try await scene.repository.commit()
            // The objects first, as a push brings them; the branch when they are damaged.
            try await scene.repository.push("incoming")
            let (file, content) = try await damage(kind, in: scene)
            let reference = URL(fileURLWithPath: scene.repository.bare + "/refs/heads/main")
            try Data("\(commit)\n".utf8).write(to: reference, options: .atomic)
            let fault = try await firstValue("it is told") {
                try await scene.journal.reader.status()?.repositoryError
            }
            #expect(!fault.isEmpty)
            #expect(scene.backend.running == [scene.run("stays", 1), scene.run("goes", 1)])
            #expect(try await scene.journal.head() == first)
            #expect(try await scene.journal.reader.status()?.isHealthy == false)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            if kind == .garbledPack {
                try overwrite(file, with: content)
            } else {
                try content.write(to: file, options: .atomic)
            }
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [scene.run("stays", 1), scene.run("new", 1)])
            try await eventually("it is well") { try await scene.journal.reader.status()?.isHealthy == true }
        }
    }

    @Test
    func `a repository that is away, another user's or no repository is told, and heals`() async throws {
        let scene = try await ReconcilerScene()
        try scene.write("one")
        let commit = try await scene.repository.publish()
        let bare = scene.repository.bare
        let away = scene.folder.path("away")
        try FileManager.default.moveItem(atPath: bare, toPath: away)
        try await scene.reconciling {
            func told(_ words: String) async throws {
                try await eventually("it is told: \(words)") {
                    try await scene.journal.reader.status()?.repositoryError?.contains(words) == true
                }
            }
            try await told("git init --bare")
            try FileManager.default.createDirectory(atPath: bare, withIntermediateDirectories: true)
            try await told("there is no git repository")
            try FileManager.default.removeItem(atPath: bare)
            // Only root may give a folder away; others see the rest.
            let isGiven = unsafe chown(away, 54_321, 54_321) == 0
            try FileManager.default.moveItem(atPath: away, toPath: bare)
            if isGiven {
                try await told("safe.directory")
                unsafe chown(bare, getuid(), getgid())
            }
            try await scene.settled(at: commit)
            #expect(scene.backend.running == [scene.run("one", 1)])
        }
    }
}
