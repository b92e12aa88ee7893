import Foundation
import Git
import TestSupport
import Testing

@Suite
struct RepositoryTests {
    @Test
    func `an empty repository and an absent branch have no head`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        let opened = try Repository.open(path: repository.bare)
        #expect(try await opened.head(of: "main") == nil)
        let commit = try await repository.publish()
        #expect(try await opened.head(of: "main")?.description == commit)
        #expect(try await opened.head(of: "other") == nil)
    }

    @Test
    func `a head is found in a file of its own, among packed ones, and below a folder`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        let first = try await repository.publish("First")
        try await repository.push("team/a")
        let opened = try Repository.open(path: repository.bare)
        #expect(try await opened.head(of: "team/a")?.description == first)
        try await run(["git", "pack-refs", "--all"], in: repository.bare)
        #expect(try await opened.head(of: "main")?.description == first)
        let second = try await repository.publish("Second")
        #expect(try await opened.head(of: "main")?.description == second)
    }

    @Test
    func `changes are what differs, folders and modes too`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        for path in ["clusters/a/one.json", "clusters/a/two.json", "clusters/b/three.json", "code/x.py"] {
            try repository.write(path, to: path)
        }
        let old = try #require(ObjectID(try await repository.commit()))
        try repository.write("changed", to: "clusters/a/one.json")
        try repository.remove("clusters/b")
        try repository.write("a file now", to: "clusters/b")
        try repository.write("changed", to: "code/x.py")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: repository.clone + "/clusters/a/two.json"
        )
        let new = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let changes = try await opened.changes(from: old, to: new, under: "clusters")
        #expect(
            changes.map(\.path) == [
                "clusters/a/one.json", "clusters/a/two.json", "clusters/b", "clusters/b/three.json",
            ]
        )
        #expect(changes[1].new?.kind == .executable)
        #expect(changes[2].old == nil)
        #expect(changes[3].new == nil)
        #expect(try await opened.changes(from: new, to: new, under: "clusters") == [])
        #expect(try await opened.tree(at: old, under: "clusters").count == 3)
        #expect(try await opened.tree(at: old, under: "nowhere") == [])
    }

    @Test
    func `an old commit that is gone is told from an object that is missing`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("{}", to: "clusters/a.json")
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let gone = try #require(ObjectID(String(repeating: "7", count: 40)))
        await #expect(throws: GitError.commitVanished(gone)) {
            try await opened.changes(from: gone, to: head, under: "clusters")
        }
    }

    @Test
    func `a tree that can't be read whole is an error and never a shorter list`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        for name in ["a", "b", "c"] {
            try repository.write(name, to: "clusters/\(name)/job.json")
        }
        let head = try #require(ObjectID(try await repository.commit()))
        let tree = try await repository.git("rev-parse", "HEAD:clusters/b").trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        try FileManager.default.removeItem(
            atPath: "\(repository.clone)/.git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))"
        )
        let opened = try Repository.open(path: repository.clone)
        let error = await #expect(throws: GitError.self) { try await opened.tree(at: head, under: "clusters") }
        #expect(error.map { "\($0)" }?.contains("clusters/b") == true)
    }

    @Test
    func `a blob comes whole, and one over the limit not at all`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("twelve bytes", to: "clusters/a.json")
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let entry = try #require(try await opened.tree(at: head, under: "clusters").first)
        #expect(try await opened.blob(entry.id, limit: 12) == Array("twelve bytes".utf8))
        #expect(try await opened.blobSize(entry.id) == 12)
        await #expect(throws: GitError.tooLarge(size: 12, limit: 11)) { try await opened.blob(entry.id, limit: 11) }
    }

    @Test
    func `what can't be opened says what to do`() async throws {
        let folder = try TemporaryFolder()
        let nowhere = folder.path("nowhere")
        #expect(throws: GitError.repositoryNotFound(path: nowhere)) { try Repository.open(path: nowhere) }
        #expect(throws: GitError.repositoryNotFound(path: folder.url.path)) {
            try Repository.open(path: folder.url.path)
        }
        let modern = folder.path("modern.git")
        try await run(["git", "init", "--quiet", "--bare", "--object-format=sha256", modern], in: folder.url.path)
        let error = #expect(throws: GitError.self) { try Repository.open(path: modern) }
        #expect(error.map { "\($0)" }?.contains("--object-format=sha1") == true)
    }

    @Test
    func `an object's name is read and written in hexadecimal`() throws {
        let text = "0123456789abcdef0123456789abcdef01234567"
        #expect(ObjectID(text)?.description == text)
        #expect(ObjectID(text.uppercased())?.description == text)
        #expect(ObjectID(String(text.dropLast())) == nil)
        #expect(ObjectID("g" + text.dropFirst()) == nil)
        let smaller = try #require(ObjectID(text))
        let larger = try #require(ObjectID("f" + text.dropFirst()))
        #expect(smaller < larger)
    }
}
