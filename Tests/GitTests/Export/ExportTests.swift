import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct ExportTests {
    /// Everything below a folder: the type and mode, the path, where a link leads.
    private func listing(_ folder: String) async throws -> [String] {
        try await run(["find", ".", "-mindepth", "1", "-printf", "%y%m %P %l\n"], in: folder)
            .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
    }

    @Test func `a folder is written with its modes and links`() async throws {
        let fixture = try await Fixture()
        try fixture.write("print(1)", to: "code/mnist/train.py")
        try fixture.write("#!/bin/sh", to: "code/mnist/bin/run")
        try fixture.write("outside", to: "code/other.py")
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(fixture.path)/code/mnist/bin/run")
        try manager.createSymbolicLink(
            atPath: "\(fixture.path)/code/mnist/bin/link",
            withDestinationPath: "../train.py"
        )
        let id = try await fixture.commit()
        try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(id),code/mnist/module")
        try await fixture.git("commit", "--quiet", "--message", "A submodule")
        let target = fixture.folder.path("made/on/the/way/mnist")
        try await fixture.open().export(folder: "code/mnist", at: try await fixture.id("HEAD"), to: target)
        let expected = ["d755 bin", "d755 module", "f644 train.py", "f755 bin/run", "l777 bin/link ../train.py"]
        #expect(try await listing(target) == expected)
        #expect(try String(contentsOfFile: "\(target)/train.py", encoding: .utf8) == "print(1)")
        #expect(try manager.contentsOfDirectory(atPath: fixture.folder.path("made/on/the/way")) == ["mnist"])
    }

    @Test func `what is excluded is left out of the top alone`() async throws {
        let fixture = try await Fixture()
        for name in ["clusters/a.json", "code/clusters/kept", "code/left/out", "file"] {
            try fixture.write(name, to: name)
        }
        let id = try await fixture.commit()
        let target = fixture.folder.path("all")
        try await fixture.open().export(folder: nil, at: id, excluding: ["clusters", "code/left"], to: target)
        #expect(
            try await listing(target) == ["d755 code", "d755 code/clusters", "f644 code/clusters/kept", "f644 file"]
        )
    }

    @Test(arguments: ["absent", "code/absent", "code/file", "../code", "code/.."])
    func `a folder that is not there is named`(folder: String) async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "code/file")
        let id = try await fixture.commit()
        await #expect(throws: GitError.folderMissing(folder, commit: id)) {
            try await fixture.open().export(folder: folder, at: id, to: fixture.folder.path("target"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.url.path) == ["repository"])
    }

    @Test(arguments: [
        "/etc/passwd", "..", "../..", "../../x", "a/../../../x", "a/../b", "./../..", "x/..",
    ])
    func `a link that leads outside is written as it is and remarked on`(destination: String) async throws {
        let fixture = try await Fixture("--bare")
        let script = """
            blob=$(printf '%s' '\(destination)' | git hash-object -w --stdin)
            inner=$(printf '120000 blob %s\\tlink\\n100644 blob %s\\tfile\\n' $blob $blob | git mktree)
            git commit-tree -m x $(printf '040000 tree %s\\tcode\\n' $inner | git mktree) | tr -d '\\n'
            """
        let id = try #require(ObjectID(try await fixture.shell(script)))
        let target = fixture.folder.path("target")
        let repository = try fixture.open()
        try await repository.export(folder: "code", at: id, to: target)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(target)/link") == destination)
        #expect(try String(contentsOfFile: "\(target)/file", encoding: .utf8) == destination)
        let root = try await repository.items(of: try await repository.rootTree(of: id), at: "")
        guard case .folder(let tree) = root["code"] else { return #expect(Bool(false)) }
        let remarks = await repository.exportRemarks(on: tree, limit: 10)
        #expect(remarks.map(\.kind) == [.outsideLink(target: destination)])
    }

    @Test(arguments: [".git", ".GIT", "..", ".", "a/b"])
    func `a name that leads elsewhere is refused`(name: String) async throws {
        let fixture = try await Fixture("--bare")
        // A tree that git itself would not make.
        let script = """
            blob=$(printf 1 | git hash-object -w --stdin)
            raw=$(printf $blob | sed 's/../\\\\x&/g')
            tree=$(bash -c "printf '100644 \(name)\\\\0$raw'" | git hash-object --literally -t tree -w --stdin)
            git commit-tree -m x $tree | tr -d '\\n'
            """
        let id = try #require(ObjectID(try await fixture.shell(script)))
        let target = fixture.folder.path("target")
        let error = await #expect(throws: GitError.self) {
            try await fixture.open().export(folder: nil, at: id, to: target)
        }
        guard case .entryRefused(name, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.url.path) == ["repository"])
    }

    @Test func `a name that is no UTF-8 is kept`() async throws {
        let fixture = try await Fixture("--bare")
        let script = """
            blob=$(printf 1 | git hash-object -w --stdin)
            tree=$(printf "100644 blob $blob\\tcaf\\351\\000" | git mktree -z)
            git commit-tree -m x $tree | tr -d '\\n'
            """
        let id = try #require(ObjectID(try await fixture.shell(script)))
        let target = fixture.folder.path("target")
        try await fixture.open().export(folder: nil, at: id, to: target)
        #expect(try await run(["sh", "-c", "ls | od -An -c | tr -d ' \\n'"], in: target) == "caf351\\n")
    }

    @Test func `a missing blob leaves nothing`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "code/a")
        try fixture.write("2", to: "code/b")
        let id = try await fixture.commit()
        let lost = try await fixture.id("HEAD:code/b")
        try fixture.lose(lost)
        await #expect(throws: GitError.objectMissing(lost, path: "b")) {
            try await fixture.open().export(folder: "code", at: id, to: fixture.folder.path("target"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.url.path) == ["repository"])
    }

    /// A blob of 40 MiB in a file of its own; in a pack; in a pack as a delta.
    @Test(arguments: ["loose", "packed", "delta"])
    func `a large blob is copied without being held in memory`(form: String) async throws {
        let fixture = try await Fixture()
        let script = """
            mkdir code
            head -c 20000000 /dev/urandom > random
            cat random random > code/large
            chmod +x code/large
            git add --all && git commit --quiet -m 1
            { cat code/large; echo more; } > code/other
            git add --all && git commit --quiet -m 2
            \(form == "loose" ? "" : "git -c pack.window=\(form == "delta" ? 10 : 0) repack --quiet -adf")
            git verify-pack -v .git/objects/pack/*.idx 2>/dev/null | grep -c ' 1 [0-9a-f]\\{40\\}$' || true
            """
        let deltas = try await fixture.shell(script).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect((Int(deltas) ?? 0 > 0) == (form == "delta"))
        let target = fixture.folder.path("target")
        let repository = try fixture.open()
        let head = try await fixture.id("HEAD")
        try await repository.export(folder: "code", at: head, to: target)
        _ = try await fixture.shell("cmp code/large '\(target)/large' && cmp code/other '\(target)/other'")
        let mode = try FileManager.default.attributesOfItem(atPath: "\(target)/large")[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o755)
        let limited = fixture.folder.path("limited")
        await #expect(throws: GitError.exportTooLarge(path: "other", limit: 79_000_000)) {
            try await repository.export(folder: "code", at: head, limit: 79_000_000, to: limited)
        }
        #expect(!FileManager.default.fileExists(atPath: limited))
    }

    @Test func `many names of one blob count each and a link is no file`() async throws {
        let fixture = try await Fixture("--bare")
        let script = """
            blob=$(head -c 1000 /dev/zero | git hash-object -w --stdin)
            git commit-tree -m x $(for n in $(seq 10 19); do printf '%s blob %s\\t%s\\n' 100644 $blob $n; done | git mktree) | tr -d '\\n'
            """
        let id = try await fixture.made(script)
        let repository = try fixture.open()
        await #expect(throws: GitError.exportTooLarge(path: "19", limit: 9999)) {
            try await repository.export(folder: nil, at: id, limit: 9999, to: fixture.folder.path("a"))
        }
        try await repository.export(folder: nil, at: id, limit: 10_000, to: fixture.folder.path("a"))
        let link = try await fixture.made(
            script.replacing("100644", with: "120000").replacing("-c 1000", with: "-c 5000")
        )
        let error = await #expect(throws: GitError.self) {
            try await repository.export(folder: nil, at: link, to: fixture.folder.path("b"))
        }
        #expect(error?.description.contains("at most 4096 bytes") == true)
    }

    @Test(arguments: [(300, "folders deep"), (0, "entries")])
    func `a tree that is too deep or too large is refused`(depth: Int, expected: String) async throws {
        let fixture = try await Fixture("--bare")
        let script = """
            blob=$(git hash-object -w --stdin < /dev/null)
            tree=$(for n in $(seq 10 70); do printf '100644 blob %s\\t%s\\n' $blob $n; done | git mktree)
            for level in 1 2; do
                tree=$(for n in $(seq 10 70); do printf '040000 tree %s\\t%s\\n' $tree $n; done | git mktree)
            done
            for level in $(seq \(depth)); do tree=$(printf '040000 tree %s\\tx\\n' $tree | git mktree); done
            git commit-tree -m x $tree | tr -d '\\n'
            """
        let id = try await fixture.made(script)
        let error = await #expect(throws: GitError.self) {
            try await fixture.open().export(folder: nil, at: id, to: fixture.folder.path("a"))
        }
        #expect(error?.isPermanent == true)
        #expect(error?.description.contains(expected) == true)
    }

    @Test func `what is there already stays as it is`() async throws {
        let fixture = try await Fixture()
        try fixture.write("new", to: "file")
        let id = try await fixture.commit()
        try fixture.write("old", to: "../target/file")
        try await fixture.open().export(folder: nil, at: id, to: fixture.folder.path("target"))
        #expect(try String(contentsOfFile: fixture.folder.path("target/file"), encoding: .utf8) == "old")
    }
}
