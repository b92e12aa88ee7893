import Foundation
import Git
import GitSupport
import Synchronization
import TestSupport
import Testing

/// Many files are read in the order of the packs, and come with their own index, whatever they are and wherever they lie.
@Suite struct ManyBlobsTests {
    /// Enough that the order of the packs is looked for.
    private static let count = 3000
    private static let limit = 1000

    @Test func `files of every kind come with their own index`() async throws {
        let fixture = try await Fixture()
        for number in 0..<Self.count {
            // Some have the content of others, so one object is wanted at more than one place.
            try fixture.write("content \(number % 2500)\n", to: "files/\(number)")
        }
        try fixture.write(String(repeating: "x", count: Self.limit), to: "files/just")
        try fixture.write(String(repeating: "x", count: Self.limit + 1), to: "files/large")
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.path)/files/link",
            withDestinationPath: "just"
        )
        try await fixture.commit()
        try await fixture.git("gc", "--quiet")
        try fixture.write("new\n", to: "files/loose")
        let head = try await fixture.commit()

        let repository = try fixture.open()
        let entries = try await repository.tree(at: head, under: "files")
        let contents = try await Self.read(entries, repository)
        #expect(contents.count == Self.count + 4)
        for (index, entry) in entries.enumerated() {
            let name = entry.path.dropFirst("files/".count)
            let wanted: FileContent =
                switch name {
                case "just": .bytes(Array(repeating: UInt8(ascii: "x"), count: Self.limit))
                case "large": .tooLarge(size: Self.limit + 1)
                case "link": .notRegular
                case "loose": .bytes(Array("new\n".utf8))
                default: .bytes(Array("content \((Int(name) ?? -1) % 2500)\n".utf8))
                }
            #expect(contents[index] == wanted, "\(entry.path)")
        }
    }

    @Test func `many files are read in the order of their pack`() async throws {
        let fixture = try await Fixture()
        for number in 0..<Self.count {
            try fixture.write("content \(number)\n", to: "files/\(number)")
        }
        let head = try await fixture.commit()
        // The pack has them in another order than the tree: in that of their ids.
        _ = try await fixture.shell(
            "git ls-tree HEAD:files | cut -d ' ' -f 3 | cut -f 1 | sort"
                + " | git pack-objects --quiet --window=0 .git/objects/pack/pack && git prune-packed --quiet"
        )
        // A line for each object: its id, kind, size, size in the pack and offset.
        let lines = try await fixture.shell("git verify-pack --verbose .git/objects/pack/*.idx").split(separator: "\n")
        var offsets: [String: Int] = [:]
        for line in lines {
            let fields = line.split(separator: " ")
            guard fields.count >= 5, let offset = Int(fields[4]) else { continue }
            offsets[String(fields[0])] = offset
        }
        let repository = try fixture.open()
        let entries = try await repository.tree(at: head, under: "files")
        let places = entries.map { offsets[$0.id.description] ?? -1 }
        let parts = Mutex([[Int]]())
        try await repository.readFiles(entries, limit: Self.limit) { part in
            parts.withLock { $0.append(part.map { places[$0.index] }) }
        }
        let read = parts.withLock { $0 }
        #expect(!places.contains(-1) && places != places.sorted())
        #expect(read.reduce(0) { $0 + $1.count } == Self.count)
        #expect(read.allSatisfy { $0 == $0.sorted() })
    }

    @Test func `files that a repository borrows are read`() async throws {
        let fixture = try await Fixture()
        for number in 0..<Self.count {
            try fixture.write("\(number)", to: "files/\(number)")
        }
        let head = try await fixture.commit()
        try await fixture.git("gc", "--quiet")
        let folder = try TemporaryFolder()
        try await fixture.git("clone", "--quiet", "--bare", "--shared", ".", folder.path("borrower.git"))
        let repository = try Repository.open(path: folder.path("borrower.git"))
        let entries = try await repository.tree(at: head, under: "files")
        let contents = try await Self.read(entries, repository)
        for (index, entry) in entries.enumerated() {
            #expect(contents[index] == .bytes(Array(entry.path.dropFirst("files/".count).utf8)))
        }
    }

    @Test func `one damaged file fails the whole`() async throws {
        let fixture = try await Fixture()
        for number in 0..<Self.count {
            try fixture.write("\(number)", to: "files/\(number)")
        }
        let head = try await fixture.commit()
        let victim = try await fixture.id("HEAD:files/77").description
        let other = try await fixture.id("HEAD:files/78").description
        func file(_ id: String) -> String { "\(fixture.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))" }
        try FileManager.default.removeItem(atPath: file(victim))
        try FileManager.default.copyItem(atPath: file(other), toPath: file(victim))
        let repository = try fixture.open()
        let entries = try await repository.tree(at: head, under: "files")
        let error = await #expect(throws: GitError.self) { try await Self.read(entries, repository) }
        guard case .objectCorrupt(_, path: "files/77", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A file of a few kilobytes in the repository may be one of a gigabyte unpacked.
    @Test func `a file that is large unpacked is not unpacked`() async throws {
        let fixture = try await Fixture()
        let size = 128 << 20
        _ = try await fixture.shell(
            "head -c \(size) /dev/zero > zeros && git add zeros && git commit --quiet --message zeros"
        )
        try await fixture.git("gc", "--quiet")
        let repository = try fixture.open()
        let entry = try #require(try await repository.tree(at: fixture.id("HEAD"), under: "zeros").first)
        let before = try Self.peakMemory()
        let content = try await repository.content(of: entry, limit: 1 << 20)
        let grown = try Self.peakMemory() - before
        #expect(content == .tooLarge(size: size))
        #expect(grown < size / 2, "\(grown >> 20) MiB")
    }

    private static func read(_ entries: [TreeEntry], _ repository: Repository) async throws -> [FileContent?] {
        let contents = Mutex([FileContent?](repeating: nil, count: entries.count))
        try await repository.readFiles(entries, limit: limit) { part in
            contents.withLock { contents in
                for (index, content) in part {
                    contents[index] = content
                }
            }
        }
        return contents.withLock { $0 }
    }

    /// The most memory that this process ever had, in bytes: <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) << 10
    }
}
