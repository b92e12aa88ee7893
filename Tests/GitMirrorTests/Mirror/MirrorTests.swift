import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct MirrorTests {
    @Test func `a first fetch brings the branch and a second nothing`() async throws {
        let scene = try await MirrorScene()
        let head = try await scene.work.id("HEAD")
        let mirror = scene.mirror()
        #expect(try await mirror.fetch() == .moved(from: nil, to: head))
        #expect(try await mirror.fetch() == .unchanged(head))
        #expect(try await scene.head(of: mirror) == head)
        let repository = try Repository.open(path: mirror.path)
        #expect(try await repository.commit(head).message == "Change\n")
        let next = try await scene.push()
        #expect(try await mirror.fetch() == .moved(from: head, to: next))
    }

    @Test func `nothing but the branch is fetched`() async throws {
        let scene = try await MirrorScene()
        try await scene.work.git("tag", "v1")
        try await scene.work.git("push", "--quiet", scene.bare.path, "v1")
        try await scene.push(branch: "other")
        let mirror = scene.mirror()
        _ = try await mirror.fetch()
        let names = try await Fixture(folder: scene.folder, path: mirror.path).git(
            "for-each-ref",
            "--format=%(refname)"
        )
        #expect(names == "refs/heads/main\nrefs/tfjob-admin/fetched")
    }

    @Test func `a rewritten branch moves and its old commits are kept`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        _ = try await mirror.fetch()
        let old = try await scene.push()
        _ = try await mirror.fetch()
        try await scene.work.git("reset", "--quiet", "--hard", "HEAD~1")
        try scene.work.write("2", to: "other")
        let new = try await scene.push("--force")
        #expect(try await mirror.fetch() == .moved(from: old, to: new))
        let copy = Fixture(folder: scene.folder, path: mirror.path)
        let kept = try await copy.git("for-each-ref", "--format=%(objectname)", "refs/tfjob-admin/kept/")
        #expect(kept == "\(old)")
    }

    @Test func `a deleted branch is noticed and comes back`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        guard let head = try await mirror.fetch().head else {
            Issue.record("nothing was fetched")
            return
        }
        try await scene.bare.git("update-ref", "-d", "refs/heads/main")
        #expect(try await mirror.fetch() == .branchAbsent(was: head))
        #expect(try await scene.head(of: mirror) == nil)
        #expect(try await mirror.fetch() == .branchAbsent(was: nil))
        // What it had is still there for those who are at work with it.
        #expect(try await Repository.open(path: mirror.path).commit(head).id == head)
        try await scene.bare.git("update-ref", "refs/heads/main", "\(head)")
        #expect(try await mirror.fetch() == .moved(from: nil, to: head))
    }

    @Test func `an empty remote has no branch`() async throws {
        let scene = try await MirrorScene()
        let empty = scene.folder.path("empty.git")
        try await scene.work.git("init", "--quiet", "--bare", empty)
        let mirror = scene.mirror(of: RemoteAddress(folder: empty))
        #expect(try await mirror.fetch() == .branchAbsent(was: nil))
        #expect(try await scene.head(of: mirror) == nil)
    }

    @Test func `another address or branch starts from scratch`() async throws {
        let scene = try await MirrorScene()
        let head = try await scene.mirror().fetch().head
        let side = try await scene.push(branch: "side")
        let mirror = scene.mirror(branch: "side")
        #expect(try await mirror.fetch() == .moved(from: nil, to: side))
        #expect(try await scene.head(of: mirror) == nil)
        #expect(try await scene.mirror().fetch() == .moved(from: nil, to: try #require(head)))
    }

    @Test func `a SHA-256 remote says so`() async throws {
        let scene = try await MirrorScene()
        let other = try await Fixture("--object-format=sha256")
        try await other.git("commit", "--quiet", "--allow-empty", "-m", "x")
        let mirror = scene.mirror(of: RemoteAddress(folder: other.path))
        let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
        guard case .formatNotSupported = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isPermanent == true)
    }

    @Test func `a remote that is not there says so`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror(of: RemoteAddress(folder: scene.folder.path("nowhere.git")))
        let url = "file://\(scene.folder.path("nowhere.git"))"
        await #expect(throws: MirrorError.repositoryNotFound(address: url)) { try await mirror.fetch() }
    }

    @Test(arguments: [
        "author A 1700000000 +0000", "author A<a@x> 1700000000 +0000", "author <a@x> 1700000000 +0000",
        "author A <a@x>1 +0000",
        "author A <a@x> 12345678901234567890123 +0000", "author A <a@x> 01 +0000", "author A <a@x> x +0000",
        "author A <a@x> 1 +00000000", "author A <a<b@x> 1 +0000", "author A <a@x> 1 +0000\\nauthor A <a@x> 1 +0000",
        "x y",
    ])
    func `a fault of identity or date stops no fetch`(header: String) async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        _ = try await mirror.fetch()
        let tree = try await scene.work.git("rev-parse", "HEAD^{tree}")
        let parent = try await scene.work.id("HEAD")
        let committer = header == "x y" ? "" : "\\ncommitter A <a@x> 1 +0000"
        let bad = try await scene.work.literalCommit(tree: tree, parents: [parent], header + committer)
        try await scene.work.git("push", "--quiet", scene.bare.path, "\(bad):refs/heads/main")
        #expect(try await mirror.fetch() == .moved(from: parent, to: bad))
        #expect(
            try await Repository.open(path: mirror.path).commits(upTo: bad, since: parent, limit: 10).map(\.id) == [bad]
        )
    }

    @Test func `an object that breaks git's rules is refused whole`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        let head = try #require(try await mirror.fetch().head)
        // A tree with a folder named .git: on some systems its checkout would replace the repository's own settings.
        let commit = try await scene.work.shell(
            """
            blob=$(echo hook | git hash-object -w --stdin)
            inner=$(printf '100644 blob %s\tconfig\n' "$blob" | git mktree)
            tree=$(printf '040000 tree %s\t.git\n' "$inner" | git mktree)
            git commit-tree -p HEAD -m bad "$tree"
            """
        ).trimmingCharacters(in: .newlines)
        try await scene.work.git("push", "--quiet", scene.bare.path, "\(commit):refs/heads/main")
        let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
        guard case .objectRefused(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("hasDotgit"))
        #expect(try await scene.head(of: mirror) == head)
        await #expect(throws: GitError.self) {
            try await Repository.open(path: mirror.path).commit(try #require(ObjectID(commit)))
        }
    }
}
