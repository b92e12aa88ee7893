import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct DamagedCommitTests {
    /// The header of a commit, and the time that is expected of its author and its committer.
    struct Row: Sendable, CustomTestStringConvertible {
        let header: String
        let times: [Int?]
        var testDescription: String { header }

        init(_ header: String, _ author: Int?, _ committer: Int?) {
            (self.header, times) = (header, [author, committer])
        }
    }

    private static let good = "A <a@x> 1700000000 +0100"
    private static let latest = 253_402_300_799

    static let rows = [
        Row("author \(good)\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A 1700000000 +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x 1700000000 +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author <a@x> 1700000000 +0000\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A <> 1700000000 +0000\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A <a@x>> 1700000000 +0000\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A <a<b@x> 1700000000 +0000\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A <a@x>1700000000 +0000\\ncommitter \(good)", 1_700_000_000, 1_700_000_000),
        Row("author A <a@x> 12345678901234567890123 +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 99999999999999999999 +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 253402300799 +0000\\ncommitter A <a@x> 253402300800 +0000", latest, latest),
        Row("author A <a@x> 999999999999999999 -1200\\ncommitter \(good)", latest, 1_700_000_000),
        Row("author A <a@x> -1 +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 0 +0000\\ncommitter A <a@x> 00001 +0000", 0, 1),
        Row("author A <a@x> soon +0000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x>\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 1700000000\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 1700000000 Z\\ncommitter \(good)", nil, 1_700_000_000),
        Row("author A <a@x> 1700000000 +9999\\ncommitter A <a@x> 1 -99999999999999999999999", 1_700_000_000, 1),
        Row("committer \(good)", nil, 1_700_000_000),
        Row("author \(good)", 1_700_000_000, nil),
        Row("x y", nil, nil),
        Row("author \(good)\\nauthor B <b@x> 1600000000 +0000\\ncommitter \(good)", 1_600_000_000, 1_700_000_000),
        Row("committer \(good)\\nauthor \(good)", 1_700_000_000, 1_700_000_000),
        Row("author  \\ncommitter ", nil, nil),
        Row(
            "author \(good)\\ncommitter \(good)\\ngpgsig -----BEGIN\\n x\\n -----END\\nmergetag \\n",
            1_700_000_000,
            1_700_000_000
        ),
        Row("author \\377\\376 <\\377@x> 5 +0000\\ncommitter \(good)\\nencoding nonsense/../x", 5, 1_700_000_000),
    ]

    @Test(arguments: rows)
    func `who is what git says and when is clamped`(row: Row) async throws {
        let fixture = try await Fixture("--bare")
        let tree = try await fixture.git("hash-object", "-t", "tree", "-w", "--stdin")
        let id = try await fixture.literalCommit(tree: tree, parents: [], row.header)
        let commit = try await fixture.open().commit(id)
        let people = try await fixture.git(
            "-c",
            "i18n.logOutputEncoding=UTF-8",
            "log",
            "-1",
            "--format=%an|%ae|%cn|%ce",
            "\(id)"
        )
        #expect(
            [commit.author.name, commit.author.mail, commit.committer.name, commit.committer.mail].joined(
                separator: "|"
            ) == people
        )
        #expect(
            [commit.author.time, commit.committer.time].map { $0.map { Int($0.timeIntervalSince1970) } } == row.times
        )
        for person in [commit.author, commit.committer] {
            #expect((-14 * 60...14 * 60).contains(person.offset))
        }
        #expect(commit.message == "x\n")
    }

    @Test(arguments: rows)
    func `history goes on behind it`(row: Row) async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "clusters/a.json")
        let first = try await fixture.commit()
        try fixture.write("2", to: "clusters/a.json")
        try await fixture.git("add", "--all")
        let tree = try await fixture.git("write-tree")
        let bad = try await fixture.literalCommit(tree: tree, parents: [first], row.header)
        try await fixture.git("reset", "--quiet", "--hard", "\(bad)")
        try fixture.write("1", to: "clusters/b.json")
        let last = try await fixture.commit()
        try await fixture.git("checkout", "--quiet", "-b", "side", "\(first)")
        try fixture.write("1", to: "clusters/c.json")
        let side = try await fixture.commit()
        let repository = try fixture.open()
        #expect(try await repository.head(of: "main") == last)
        #expect(try await repository.resolve("main~1") == bad)
        #expect(try await repository.commits(upTo: last, since: first, limit: 10).map(\.id) == [last, bad])
        #expect(try await repository.isAncestor(first, of: last))
        #expect(try await repository.isAncestor(bad, of: last))
        #expect(try await !repository.isAncestor(last, of: bad))
        #expect(try await repository.mergeBases(last, side) == [first])
        let found = try await repository.attribution(
            of: ["clusters/a.json", "clusters/b.json"],
            under: "clusters",
            at: last
        )
        #expect(found["clusters/a.json"]?.changed?.commit == bad)
        #expect(found["clusters/a.json"]?.added?.commit == first)
        #expect(found["clusters/b.json"]?.changed?.commit == last)
    }

    @Test(arguments: [
        "", "parent x\\n\\n", "tree 123\\n", "tree \(String(repeating: "0", count: 40))\\nparent 12\\n\\nx",
    ])
    func `without a tree or with a garbled parent it is corrupt`(bytes: String) async throws {
        let fixture = try await Fixture("--bare")
        let id = try await fixture.literal("commit", bytes)
        let error = await #expect(throws: GitError.self) { try await fixture.open().commit(id) }
        guard case .objectCorrupt(id, nil, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        ("ISO-8859-1", "J\\366rg", "Gr\\366\\337e"), ("ISO-8859-15", "\\244", "\\244"),
        ("windows-1251", "\\310\\342\\340\\355", "\\362\\345\\361\\362"),
        ("Shift_JIS", "\\223\\372", "\\226\\173"), ("EUC-JP", "\\306\\374", "\\313\\334"),
        ("no-such", "A", "B"), ("utf8", "\\303\\251", "\\303\\251"),
        ("ISO-8859-1", "A", "\\201"), ("", "A", "B"),
    ])
    func `the encoding is heeded`(encoding: String, name: String, message: String) async throws {
        let fixture = try await Fixture("--bare")
        let tree = try await fixture.git("hash-object", "-t", "tree", "-w", "--stdin")
        let person = "\(name) <\(name)@x> 1700000000 +0000"
        let header = "author \(person)\\ncommitter \(person)\\nencoding \(encoding)"
        let id = try await fixture.literalCommit(tree: tree, parents: [], header, message: "\(message)\\n")
        let commit = try await fixture.open().commit(id)
        let expected = try await fixture.git("log", "-1", "--encoding=UTF-8", "--format=%an|%ae|%s", "\(id)")
        #expect("\(commit.author.name)|\(commit.author.mail)|\(commit.message.dropLast())" == expected)
    }

    @Test func `what is far too long is cut`() async throws {
        let fixture = try await Fixture("--bare")
        let tree = try await fixture.git("hash-object", "-t", "tree", "-w", "--stdin")
        let script = """
            name=$(head -c 3000000 /dev/zero | tr '\\0' n)
            { printf 'tree \(tree)\\nauthor %s <%s@x> 1 +0000\\ncommitter A <a@x> 1 +0000\\n\\nSubject\\n' $name $name
              head -c 30000000 /dev/zero | tr '\\0' m; printf '\\n\\nPrune: approve\\n'; } \\
                | git hash-object --literally -t commit -w --stdin | tr -d '\\n'
            """
        let id = try #require(ObjectID(try await fixture.shell(script)))
        let commit = try await fixture.open().commit(id)
        #expect(commit.author.name.utf8.count == 1024)
        #expect(commit.message.utf8.count < 70_000)
        #expect(commit.message.hasPrefix("Subject\n"))
        #expect(commit.trailers("Prune") == ["approve"])
    }
}
