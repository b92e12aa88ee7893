import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct ReferenceTests {
    @Test func `the head is read again wherever it is`() async throws {
        let fixture = try await Fixture()
        let repository = try fixture.open()
        #expect(try await repository.head(of: "main") == nil)
        let first = try await fixture.commit()
        #expect(try await repository.head(of: "main") == first)
        #expect(try await repository.head(of: "mai") == nil)
        try await fixture.git("pack-refs", "--all")
        #expect(try await repository.head(of: "main") == first)
        let second = try await fixture.commit()
        #expect(try await repository.head(of: "main") == second)
        try await fixture.git("pack-refs", "--all")
        #expect(try await repository.head(of: "main") == second)
        try await fixture.git("update-ref", "refs/heads/main", first.description)
        #expect(try await repository.head(of: "main") == first)
        try await fixture.git("branch", "team/a")
        #expect(try await repository.head(of: "team/a") == first)
        try await fixture.git("update-ref", "-d", "refs/heads/main")
        #expect(try await repository.head(of: "main") == nil)
    }

    @Test func `a tag with the name is not the branch`() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        try await fixture.git("tag", "release")
        #expect(try await fixture.open().head(of: "release") == nil)
    }

    @Test func `a damaged branch is an error and not absent`() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        for content in ["", "nonsense\n", "\(ObjectIDTests.digits)\n"] {
            try fixture.write(content, to: ".git/refs/heads/main")
            await #expect(throws: GitError.self) { try await fixture.open().head(of: "main") }
        }
    }

    /// A revision of a repository in which commands were run: how many commits before the newest it is, and what else could be meant.
    struct Named: Sendable {
        let commands: [String]
        let revision: String
        let back: Int
        let other: String?

        init(_ commands: String..., revision: String, back: Int, other: String? = nil) {
            (self.commands, self.revision, self.back, self.other) = (commands, revision, back, other)
        }
    }

    static let named: [Named] = [
        Named("tag main HEAD~1", revision: "main", back: 0, other: "refs/tags/main"),
        Named("tag main", revision: "main", back: 0),
        Named("update-ref refs/main HEAD~1", revision: "main", back: 0, other: "refs/main"),
        Named("update-ref refs/remotes/main HEAD~1", revision: "main~1", back: 1, other: "refs/remotes/main"),
        Named("tag main HEAD~1", revision: "refs/heads/main", back: 0),
        Named("tag main HEAD~1", revision: "refs/tags/main", back: 1),
        Named("tag main HEAD~1", revision: "tags/main", back: 1),
        Named("tag v1 HEAD~1", "update-ref refs/remotes/v1 HEAD", revision: "v1", back: 1, other: "refs/remotes/v1"),
        Named("update-ref refs/heads/HEAD HEAD~1", revision: "HEAD", back: 0, other: "refs/heads/HEAD"),
        Named("update-ref refs/heads/HEAD HEAD~1", revision: "@", back: 0, other: "refs/heads/HEAD"),
        Named("branch dead HEAD~1", revision: "dead", back: 1),
        Named(
            "branch x",
            "config branch.x.remote .",
            "config branch.x.merge refs/heads/main",
            "tag x HEAD~1",
            revision: "x@{upstream}",
            back: 0
        ),
        Named(
            "branch x",
            "config branch.main.remote .",
            "config branch.main.merge refs/heads/x",
            revision: "@{u}^{commit}~1",
            back: 1
        ),
    ]

    @Test(arguments: named)
    func `a branch is meant first`(row: Named) async throws {
        let fixture = try await Fixture()
        let commits = [try await fixture.commit("1"), try await fixture.commit("2")]
        for command in row.commands {
            try await fixture.git(command.split(separator: " ").map(String.init))
        }
        let found = try #require(try await fixture.open().revision(row.revision))
        #expect(found.commit == commits[1 - row.back])
        #expect((found.ambiguity != nil) == (row.other != nil))
        #expect(found.ambiguity?.contains(row.other ?? "") ?? true)
    }

    @Test func `a branch named like an object is reported`() async throws {
        let fixture = try await Fixture()
        let (first, second) = (try await fixture.commit("1"), try await fixture.commit("2"))
        try await fixture.git("update-ref", "refs/heads/\(first)", "\(second)")
        let found = try #require(try await fixture.open().revision("\(first)"))
        #expect(found.commit == first)
        #expect(found.ambiguity?.contains("refs/heads/\(first)") == true)
    }

    @Test func `a revision is resolved as git does`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "file")
        let first = try await fixture.commit()
        let second = try await fixture.commit()
        try await fixture.git("tag", "--annotate", "-m", "x", "v1", "HEAD~1")
        let repository = try fixture.open()
        for (revision, id) in [
            ("HEAD", second), ("main", second), ("HEAD~1", first), ("v1", first), ("main^", first),
            (String(second.description.prefix(10)), second), ("refs/heads/main", second),
        ] {
            #expect(try await repository.resolve(revision) == id, "\(revision)")
        }
        for revision in ["absent", "HEAD~7", "HEAD:file", "a..b", "", " ", ObjectIDTests.digits] {
            #expect(try await repository.resolve(revision) == nil, "\(revision)")
        }
    }
}
