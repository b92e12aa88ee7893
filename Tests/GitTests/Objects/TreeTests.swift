import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct TreeTests {
    /// What `git ls-tree` and `git diff --raw` print of an entry.
    private static func mode(_ entry: TreeEntry?) -> String {
        switch entry?.kind {
        case .file: "100644"
        case .executable: "100755"
        case .symbolicLink: "120000"
        case .submodule: "160000"
        case .folder: "040000"
        case nil: "000000"
        }
    }

    @Test func `it lists what git lists`() async throws {
        let fixture = try await Fixture()
        for name in [
            "clusters/a-b", "clusters/a/x", "clusters/a.json", "clusters/é.json", "clusters/a/b/c", "clustersx", "z",
        ] {
            try fixture.write(name, to: name)
        }
        try FileManager.default.createSymbolicLink(atPath: "\(fixture.path)/clusters/link", withDestinationPath: "a/x")
        try fixture.write("#!/bin/sh", to: "clusters/run")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(fixture.path)/clusters/run")
        let first = try await fixture.commit()
        try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(first),clusters/module")
        try await fixture.git("commit", "--quiet", "--message", "A submodule")
        let tip = try await fixture.id("HEAD")
        let repository = try fixture.open()
        for folder in ["", "clusters", "clusters/a", "clusters/a.json", "clusters/absent", "z/deeper"] {
            let expected = try await fixture.git(
                ["-c", "core.quotePath=false", "ls-tree", "-r", "HEAD"] + (folder.isEmpty ? [] : [folder])
            )
            let listed = try await repository.tree(at: tip, under: folder).map { entry in
                "\(Self.mode(entry)) \(entry.kind == .submodule ? "commit" : "blob") \(entry.id)\t\(entry.path)"
            }
            #expect(listed == expected.split(separator: "\n").map(String.init), "below \"\(folder)\"")
        }
    }

    @Test(arguments: sweep(20, full: 200))
    func `two commits differ as git says`(seed: Int) async throws {
        let history = try await RandomHistory(seed: UInt64(2_000_000 + seed), commits: 12)
        let repository = try history.fixture.open()
        let commits = try await history.fixture.git("rev-list", "--all").split(separator: "\n").map(String.init)
        for (older, newer) in zip(commits, commits.dropFirst()) {
            for folder in ["", "clusters"] {
                let options = ["diff", "--raw", "--no-renames", "--no-abbrev", older, newer, "--"]
                let expected = try await history.fixture.git(options + (folder.isEmpty ? [] : [folder]))
                let (old, new) = (try #require(ObjectID(older)), try #require(ObjectID(newer)))
                let changes = try await repository.changes(from: old, to: new, under: folder)
                let lines = changes.map { change in
                    let none = String(repeating: "0", count: 40)
                    let kind =
                        switch change.kind {
                        case .added: "A"
                        case .deleted: "D"
                        case .modified: "M"
                        case .typeChanged: "T"
                        }
                    let ids = [change.old, change.new].map { $0?.id.description ?? none }
                    return
                        ":\(Self.mode(change.old)) \(Self.mode(change.new)) \(ids[0]) \(ids[1]) \(kind)\t\(change.path)"
                }
                #expect(lines == expected.split(separator: "\n").map(String.init))
            }
        }
    }

    @Test func `a file in place of a folder is both gone and added`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "clusters/x/inner")
        let first = try await fixture.commit()
        try fixture.remove("clusters")
        try fixture.write("1", to: "clusters/x")
        let second = try await fixture.commit()
        let changes = try await fixture.open().changes(from: first, to: second, under: "clusters")
        #expect(changes.map(\.path) == ["clusters/x", "clusters/x/inner"])
        #expect(changes.map(\.kind) == [.added, .deleted])
    }

    @Test func `a folder that is the same is never opened`() async throws {
        let fixture = try await Fixture()
        try fixture.write("the same", to: "clusters/same/a.json")
        try fixture.write("1", to: "clusters/other/a.json")
        let first = try await fixture.commit()
        try fixture.write("2", to: "clusters/other/a.json")
        let second = try await fixture.commit()
        let lost = try await fixture.id("HEAD:clusters/same")
        try fixture.lose(lost)
        let repository = try fixture.open()
        let changes = try await repository.changes(from: first, to: second, under: "clusters")
        #expect(changes.map(\.path) == ["clusters/other/a.json"])
        let found = try await repository.attribution(of: ["clusters/other/a.json"], at: second, since: first)
        #expect(found["clusters/other/a.json"]?.changed?.commit == second)
        await #expect(throws: GitError.objectMissing(lost, path: "clusters/same")) {
            try await repository.tree(at: second, under: "clusters")
        }
    }

    @Test func `an old commit that is gone or not whole has vanished`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "clusters/a.json")
        let first = try await fixture.commit()
        let lost = try await fixture.id("HEAD:clusters")
        try fixture.write("2", to: "clusters/a.json")
        let second = try await fixture.commit()
        try fixture.lose(lost)
        let repository = try fixture.open()
        await #expect(throws: GitError.commitVanished(first)) {
            try await repository.changes(from: first, to: second, under: "clusters")
        }
        let never = try #require(ObjectID(ObjectIDTests.digits))
        await #expect(throws: GitError.commitVanished(never)) {
            try await repository.changes(from: never, to: second, under: "clusters")
        }
        await #expect(throws: GitError.objectMissing(never, path: nil)) {
            try await repository.changes(from: second, to: never, under: "clusters")
        }
    }

    @Test func `a damaged tree is an error that names it`() async throws {
        let fixture = try await Fixture("--bare")
        // The mode, a name without an end; two entries in the wrong order; a mode that is none; a name twice.
        let id = String(repeating: "\\001", count: 20)
        let trees = [
            "100644 a", "100644 b\\000\(id)100644 a\\000\(id)", "777777 a\\000\(id)",
            "100644 a\\000\(id)100644 a\\000\(id)",
        ]
        for content in trees {
            let tree = try await fixture.shell(
                "printf '\(content)' | git hash-object --literally -t tree -w --stdin | tr -d '\\n'"
            )
            let commit = try #require(ObjectID(try await fixture.git("commit-tree", "-m", "x", tree)))
            let error = await #expect(throws: GitError.self) { try await fixture.open().tree(at: commit, under: "") }
            guard case .objectCorrupt(let id, "", _) = error else {
                Issue.record("\(String(describing: error)) for \(content)")
                continue
            }
            #expect(id.description == tree)
        }
    }

    @Test(arguments: [1, 62, 63, 64, 65, 300])
    func `a folder that is too deep is listed and not opened`(depth: Int) async throws {
        let fixture = try await Fixture("--bare")
        // Folders in one another, with a file in the innermost.
        let script = """
            blob=$(git hash-object -w --stdin < /dev/null)
            tree=$(printf '100644 blob %s\\tfile\\n' $blob | git mktree)
            for depth in $(seq \(depth)); do tree=$(printf '040000 tree %s\\tx\\n' $tree | git mktree); done
            git commit-tree -m deep $tree | tr -d '\\n'
            """
        let deep = try #require(ObjectID(try await fixture.shell(script)))
        let entries = try await fixture.open().tree(at: deep, under: "")
        let isOpened = depth < TreeEntry.deepest
        #expect(entries.map(\.kind) == [isOpened ? .file : .folder])
        let names = Array(repeating: "x", count: isOpened ? depth : TreeEntry.deepest) + (isOpened ? ["file"] : [])
        #expect(entries.map(\.path) == [names.joined(separator: "/")])
    }

    @Test func `a tree that names itself over and over is refused in time`() async throws {
        let fixture = try await Fixture("--bare")
        // Four trees of 40 entries each: 2.56 million files.
        let script = """
            blob=$(git hash-object -w --stdin < /dev/null)
            tree=$(for n in $(seq 10 49); do printf '100644 blob %s\\t%s\\n' $blob $n; done | git mktree)
            for depth in 1 2 3; do
                tree=$(for n in $(seq 10 49); do printf '040000 tree %s\\t%s\\n' $tree $n; done | git mktree)
            done
            git commit-tree -m wide $tree | tr -d '\\n'
            """
        let wide = try #require(ObjectID(try await fixture.shell(script)))
        let error = await #expect(throws: GitError.self) { try await fixture.open().tree(at: wide, under: "") }
        guard case .treeTooLarge(_, limit: 500_000) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
