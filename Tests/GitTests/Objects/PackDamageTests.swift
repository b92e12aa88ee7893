import Foundation
import Git
import GitSupport
import Synchronization
import TestSupport
import Testing

/// Files of packs are read as they were written; damage is an error, and is never taken for content.
@Suite struct PackDamageTests {
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
    ) async throws -> (fixture: Fixture, entries: [TreeEntry], contents: [FileContent]) {
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
        let contents = entries.map { entry in
            FileContent.bytes(Array(text(Int(entry.path.dropFirst("files/".count)) ?? -1).utf8))
        }
        return (fixture, entries, contents)
    }

    /// Reads the files with a new handle; those that came before an error are in the result.
    private static func read(
        _ entries: [TreeEntry],
        _ fixture: Fixture
    ) async -> (contents: [FileContent?], error: GitError?) {
        let contents = Mutex([FileContent?](repeating: nil, count: entries.count))
        var fault: GitError?
        do {
            try await fixture.open().readFiles(entries, limit: limit) { part in
                contents.withLock { contents in
                    for (index, content) in part {
                        contents[index] = content
                    }
                }
            }
        } catch {
            fault = error as? GitError
            #expect(fault != nil, "\(error)")
        }
        return (contents.withLock { $0 }, fault)
    }

    /// The file of the only pack that ends so; git makes it read-only.
    private static func file(_ ending: String, _ fixture: Fixture) throws -> String {
        let folder = "\(fixture.path)/objects/pack"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(ending) })
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
        return "\(folder)/\(name)"
    }

    /// A delta names its base by how far it is, or by its id.
    @Test(arguments: ["true", "false"]) func `deltas are read`(areByOffset: String) async throws {
        let (fixture, entries, contents) = try await Self.packed("-c", "repack.useDeltaBaseOffset=\(areByOffset)")
        let pack = try await fixture.shell("git verify-pack --verbose objects/pack/*.idx")
        #expect(pack.contains("chain length = 3"))
        let read = await Self.read(entries, fixture)
        #expect(read.contents == contents)
        #expect(read.error == nil)
    }

    @Test func `an object under another name is an error`() async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let path = try Self.file(".idx", fixture)
        var index = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        // Version 2 of the index: https://git-scm.com/docs/gitformat-pack#_version_2_pack_idx_files_support_packs_larger_than_4_gib_and
        let count = index[1028..<1032].reduce(0) { $0 << 8 | Int($1) }
        // The offsets of the first two objects, in the order of their names, are exchanged.
        let first = 1032 + count * 24
        for place in first..<first + 4 {
            index.swapAt(place, place + 4)
        }
        try Data(index).write(to: URL(fileURLWithPath: path))
        let read = await Self.read(entries, fixture)
        #expect(read.error != nil)
        #expect(zip(read.contents, contents).allSatisfy { $0 == nil || $0 == $1 })
    }

    @Test(arguments: [".pack", ".idx"]) func `damage is never taken for content`(ending: String) async throws {
        let (fixture, entries, contents) = try await Self.packed()
        let path = try Self.file(ending, fixture)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var random = SeededGenerator(seed: 7)
        var failures = 0
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
            let read = await Self.read(entries, fixture)
            #expect(
                zip(read.contents, contents).allSatisfy { $0 == nil || $0 == $1 },
                "round \(round), place \(place)"
            )
            failures += read.error == nil ? 0 : 1
        }
        #expect(failures > 0)
    }
}
