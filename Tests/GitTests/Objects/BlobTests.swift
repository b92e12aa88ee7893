import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct BlobTests {
    @Test func `a blob is read whole up to the limit`() async throws {
        let fixture = try await Fixture()
        let content = "line\r\n\u{0}é\n"
        try fixture.write(content, to: "file")
        try await fixture.commit()
        let id = try await fixture.id("HEAD:file")
        let repository = try fixture.open()
        let size = content.utf8.count
        #expect(try await repository.blob(id, limit: size) == Array(content.utf8))
        await #expect(throws: GitError.tooLarge(size: size, limit: size - 1)) {
            try await repository.blob(id, limit: size - 1)
        }
    }

    @Test func `a tree is no blob and what is missing is said`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "folder/file")
        try await fixture.commit()
        let tree = try await fixture.id("HEAD:folder")
        let repository = try fixture.open()
        await #expect(throws: GitError.self) { try await repository.blob(tree, limit: 1 << 20) }
        let missing = try #require(ObjectID(ObjectIDTests.digits))
        await #expect(throws: GitError.objectMissing(missing, path: "")) {
            try await repository.blob(missing, limit: 1)
        }
    }

    @Test func `an object whose bytes are damaged is corrupt`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "file")
        try await fixture.commit()
        let id = try await fixture.id("HEAD:file")
        let digits = id.description
        let path = "\(fixture.path)/.git/objects/\(digits.prefix(2))/\(digits.dropFirst(2))"
        try FileManager.default.removeItem(atPath: path)
        // Another object's bytes under this one's name.
        let other = try await fixture.shell("printf 2 | git hash-object -w --stdin | tr -d '\\n'")
        try FileManager.default.copyItem(
            atPath: "\(fixture.path)/.git/objects/\(other.prefix(2))/\(other.dropFirst(2))",
            toPath: path
        )
        let error = await #expect(throws: GitError.self) { try await fixture.open().blob(id, limit: 10) }
        guard case .objectCorrupt(id, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// libgit2 1.5 never finishes reading a file that is cut off.
    @Test(.timeLimit(.minutes(hangLimit)), arguments: [0.0, 0.5])
    func `a file that was whole and is cut off afterwards is corrupt`(part: Double) async throws {
        let fixture = try await Fixture()
        try fixture.write(String(repeating: "1 2 3\n", count: 1000), to: "file")
        try await fixture.commit()
        let id = try await fixture.id("HEAD:file")
        let repository = try fixture.open()
        for _ in 0..<2 {
            #expect(try await repository.blob(id, limit: 1 << 20).count == 6000)
        }
        let digits = id.description
        let path = "\(fixture.path)/.git/objects/\(digits.prefix(2))/\(digits.dropFirst(2))"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path)
        try bytes.prefix(Int(part * Double(bytes.count))).write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: GitError.self) { try await repository.blob(id, limit: 1 << 20) }
        guard case .objectCorrupt(id, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a repository that is open outlives its packs`() async throws {
        let fixture = try await Fixture()
        var ids: [ObjectID] = []
        for number in 0..<20 {
            try fixture.write("\(number)", to: "clusters/\(number).json")
            ids.append(try await fixture.commit())
        }
        try await fixture.git("gc", "--quiet")
        let repository = try fixture.open()
        #expect(try await repository.tree(at: ids[19], under: "clusters").count == 20)
        for round in 0..<3 {
            try fixture.write("\(round)", to: "clusters/more.json")
            let tip = try await fixture.commit()
            try await fixture.git("repack", "-a", "-d", "-f", "--quiet")
            #expect(try await repository.head(of: "main") == tip)
            for id in ids + [tip] {
                let entries = try await repository.tree(at: id, under: "clusters")
                for entry in entries {
                    #expect(try await !repository.blob(entry.id, limit: 100).isEmpty)
                }
            }
        }
    }
}

@Suite struct ObjectIDTests {
    static let digits = "0123456789abcdef0123456789abcdeffedcba98"

    @Test func `it is read from and written as forty digits`() throws {
        let id = try #require(ObjectID(Self.digits))
        #expect(id.description == Self.digits)
        #expect(ObjectID(Self.digits.uppercased()) == id)
        #expect(try JSONDecoder().decode([ObjectID].self, from: JSONEncoder().encode([id])) == [id])
        #expect(String(decoding: try JSONEncoder().encode([id]), as: UTF8.self) == "[\"\(Self.digits)\"]")
    }

    @Test(arguments: [
        "", String(digits.dropLast()), digits + "0", String(digits.dropLast()) + "g", "é" + digits.dropLast(2),
    ])
    func `what is not forty digits is refused`(text: String) {
        #expect(ObjectID(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ObjectID].self, from: Data("[\"\(text)\"]".utf8))
        }
    }

    @Test(arguments: [0, 7, 8, 15, 16, 19])
    func `they are sorted by their bytes`(byte: Int) throws {
        let larger = try #require(ObjectID(Self.digits(with: byte, "ff")))
        let smaller = try #require(ObjectID(Self.digits(with: byte, "fe")))
        #expect(smaller < larger)
        #expect(!(larger < smaller))
        #expect(larger.description == Self.digits(with: byte, "ff"))
    }

    private static func digits(with byte: Int, _ value: String) -> String {
        digits.prefix(2 * byte) + value + digits.dropFirst(2 * byte + 2)
    }
}
