import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct CommitTests {
    private static let format = "%H%n%T%n%P%n%aN%n%aE%n%at%n%cN%n%cE%n%ct%n%B"

    /// What git says of a commit.
    private func expected(_ fixture: Fixture, _ revision: String) async throws -> String {
        let text = try await fixture.git("log", "-1", "--use-mailmap", "--format=\(Self.format)", revision)
        return text.trimmingCharacters(in: .newlines)
    }

    private func text(_ commit: Commit) -> String {
        func seconds(_ date: Date?) -> String { "\(Int(date?.timeIntervalSince1970 ?? 0))" }
        let lines = [
            commit.id.description, commit.tree.description, commit.parents.map(\.description).joined(separator: " "),
            commit.author.name, commit.author.mail, seconds(commit.author.time),
            commit.committer.name, commit.committer.mail, seconds(commit.committer.time), commit.message,
        ]
        return lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
    }

    static let mailmap = """
        # A comment
        Ann Proper <ann@proper.org> <ann@example.org>
        <bob@proper.org> <BOB@example.org>
        Cy Right <cy@proper.org> Cy Wrong <shared@example.org>
        Di Only
        """

    @Test(arguments: [false, true])
    func `it says what git log says`(isBare: Bool) async throws {
        let fixture = try await Fixture()
        try fixture.write(Self.mailmap, to: ".mailmap")
        try await fixture.commit("Add the mailmap\n\nWith a body: é, and\n\nPrune: approve")
        for (name, mail) in [("Cy Wrong", "shared@example.org"), ("Di", "shared@example.org"), ("É", "e@x")] {
            let people = ["GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": "1700000000 -0330"]
            try await fixture.git(["commit", "--quiet", "--allow-empty", "-m", name], environment: people)
        }
        try await fixture.git("checkout", "--quiet", "-b", "side", "HEAD~1")
        try await fixture.commit("side")
        try await fixture.git("merge", "--quiet", "--no-edit", "main")
        var read = fixture
        if isBare {
            read = Fixture(folder: fixture.folder, path: fixture.folder.path("bare.git"))
            try await fixture.git("clone", "--quiet", "--bare", fixture.path, read.path)
        }
        let repository = try read.open()
        for id in try await read.git("rev-list", "HEAD").split(separator: "\n").map(String.init) {
            let commit = try await repository.commit(try #require(ObjectID(id)))
            let expected = try await expected(read, id)
            #expect(text(commit) == expected)
        }
    }

    @Test func `the time zone is in minutes east of UTC`() async throws {
        let fixture = try await Fixture()
        let dates = ["GIT_AUTHOR_DATE": "1700000000 -0330", "GIT_COMMITTER_DATE": "1700000001 +0545"]
        try await fixture.git(["commit", "--quiet", "--allow-empty", "-m", "x"], environment: dates)
        let commit = try await fixture.open().commit(try await fixture.id("HEAD"))
        #expect(commit.author.offset == -210)
        #expect(commit.committer.offset == 345)
    }

    @Test func `what is no commit is an error`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.commit()
        let repository = try fixture.open()
        let tree = try await repository.commit(id).tree
        await #expect(throws: GitError.self) { try await repository.commit(tree) }
        let missing = try #require(ObjectID(ObjectIDTests.digits))
        await #expect(throws: GitError.objectMissing(missing, path: nil)) { try await repository.commit(missing) }
    }
}
