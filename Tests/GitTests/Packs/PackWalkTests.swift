import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Git

/// Blobs of packs are read as they were written; what is damaged is left to libgit2, and never taken for something else.
@Suite struct PackWalkTests {
    private static let count = 1200
    private static let limit = 4000

    /// What a file has: a few bytes, or many lines of which the next file has another one.
    private static func text(_ number: Int) -> String {
        guard number % 4 > 0 else { return "\(number)\n" }
        return (0..<40).map { "line \($0) of \((number - $0) / 40 * 40 + $0)\n" }.joined()
    }

    /// A repository of one pack with files that are deltas of each other, and what is in them.
    private static func packed(
        _ options: String...
    ) async throws -> (fixture: Fixture, entries: [TreeEntry], contents: [[UInt8]]) {
        let fixture = try await Fixture("--bare")
        var stream = "commit refs/heads/main\ncommitter Ann <ann@example.org> 1 +0000\ndata 1\nx\n"
        for number in 0..<count {
            let text = text(number)
            stream += "M 100644 inline files/\(number)\ndata \(text.utf8.count)\n\(text)\n"
        }
        try fixture.write(stream, to: "stream")
        _ = try await fixture.shell("git fast-import --quiet < stream")
        try await fixture.git(options + ["repack", "-a", "-d", "-f", "--quiet"])
        let entries = try await fixture.open().tree(at: fixture.id("main"), under: "files")
        let contents = entries.map { Array(text(Int($0.path.dropFirst("files/".count)) ?? -1).utf8) }
        return (fixture, entries, contents)
    }

    /// Reads what can be read; nil for the rest.
    private static func read(
        _ ids: [ObjectID],
        _ fixture: Fixture,
        limit: Int = limit,
        on processors: Processors = .all
    ) async -> [[UInt8]?] {
        let contents = Mutex([[UInt8]?](repeating: nil, count: ids.count))
        let packs = Pack.all(in: "\(fixture.path)/objects/pack")
        let forest = PackForest(of: ids, at: Array(ids.indices), in: packs)
        let walk = PackWalk(forest, limit: limit, on: processors) { part in
            contents.withLock { contents in
                for case (let index, .bytes(let bytes)) in part {
                    contents[index] = bytes
                }
            }
        }
        let rest = await walk.run()
        let all = contents.withLock { $0 }
        #expect(rest == all.indices.filter { all[$0] == nil })
        return all
    }

    /// The file of the only pack that ends so; git makes it read-only.
    private static func file(_ ending: String, _ fixture: Fixture) throws -> String {
        let folder = "\(fixture.path)/objects/pack"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(ending) })
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
        return "\(folder)/\(name)"
    }

    /// A delta names its base by how far it is, or by its id.
    @Test(arguments: ["true", "false"]) func deltasAreRead(areByOffset: String) async throws {
        let (fixture, entries, contents) = try await Self.packed("-c", "repack.useDeltaBaseOffset=\(areByOffset)")
        let pack = try await fixture.shell("git verify-pack --verbose objects/pack/*.idx")
        #expect(pack.contains("chain length = 3"))
        #expect(await Self.read(entries.map(\.id), fixture) == contents)
    }

    @Test func filesAreReadFromSeveralPacksAndAtSeveralPlaces() async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let more = try await fixture.shell(
            "echo more | git hash-object -w --stdin | tee id; git pack-objects objects/pack/pack < id"
        )
        let id = try #require(ObjectID(String(more.prefix(40))))
        let ids = entries.map(\.id) + [id]
        let all = contents + [Array("more\n".utf8)]
        #expect(await Self.read(ids + ids, fixture) == all + all)
    }

    @Test func whatIsTooLargeOrNoBlobIsLeft() async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let read = await Self.read(entries.map(\.id), fixture, limit: 300)
        #expect(zip(read, contents).allSatisfy { $0 == nil || $1.count <= 300 && $0 == $1 })
        #expect(read.contains { $0 != nil })
        let others = [try await fixture.id("main"), try await fixture.id("main:files")]
        #expect(await Self.read(others, fixture) == [nil, nil])
    }

    @Test func anObjectUnderAnotherNameIsLeft() async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let path = try Self.file(".idx", fixture)
        var index = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let number = index.span.number(UInt32.self, at: 1028)
        let count = Int(try #require(number))
        // The offsets of the first two objects, in the order of their names, are exchanged.
        let first = 1032 + count * 24
        for place in first..<first + 4 {
            index.swapAt(place, place + 4)
        }
        try Data(index).write(to: URL(fileURLWithPath: path))
        let read = await Self.read(entries.map(\.id), fixture)
        #expect(read.contains(nil))
        #expect(zip(read, contents).allSatisfy { $0 == nil || $0 == $1 })
        await #expect(throws: GitError.self) {
            try await fixture.open().read(entries, limit: Self.limit) { _ in }
        }
    }

    @Test(arguments: [".pack", ".idx"]) func damageIsNeverTakenForContent(ending: String) async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let path = try Self.file(ending, fixture)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var random = SeededGenerator(seed: 7)
        var left = 0
        for round in 0..<60 {
            var bytes = whole
            let place = Int.random(in: bytes.indices, using: &random)
            switch round % 3 {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default:
                for place in place..<min(place + 64, bytes.count) {
                    bytes[place] = .random(in: 0...255, using: &random)
                }
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let read = await Self.read(entries.map(\.id), fixture)
            #expect(zip(read, contents).allSatisfy { $0 == nil || $0 == $1 }, "round \(round), place \(place)")
            left += read.count { $0 == nil }
        }
        #expect(left > 0)
    }

    @Test func aDamagedPackFailsTheReading() async throws {
        let (fixture, entries, _) = try await Self.packed()
        let path = try Self.file(".pack", fixture)
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let middle = bytes.count / 2
        for place in middle..<middle + 64 {
            bytes[place] ^= 0xFF
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        await #expect(throws: GitError.self) {
            try await fixture.open().read(entries, limit: Self.limit) { _ in }
        }
    }

    /// Beside something else that keeps some of them busy, or all.
    @Test(arguments: [(count: 1, busy: 0), (1, 1), (2, 0), (2, 1), (3, 3), (8, 2)])
    func `as many processors as there are do, and each is given back`(count: Int, busy: Int) async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let processors = Processors(count: count)
        for _ in 0..<busy {
            processors.take()
        }
        let read = await Self.read(entries.map(\.id), fixture, on: processors)
        #expect(read == contents)
        for _ in 0..<count - busy {
            #expect(processors.takeFree())
        }
        #expect(!processors.takeFree())
    }
}
