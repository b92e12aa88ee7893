import Foundation
import Git
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct ReferenceTests {
    @Test func theHeadIsReadAnewWhereverItIs() async throws {
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

    @Test func aTagWithTheNameIsNotTheBranch() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        try await fixture.git("tag", "release")
        #expect(try await fixture.open().head(of: "release") == nil)
    }

    @Test func aDamagedBranchIsAnErrorAndNotAbsent() async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        for content in ["", "nonsense\n", "\(ObjectIDTests.digits)\n"] {
            try fixture.write(content, to: ".git/refs/heads/main")
            await #expect(throws: GitError.self) { try await fixture.open().head(of: "main") }
        }
    }

    @Test func aRevisionIsResolvedAsGitDoes() async throws {
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
