import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct AncestryTests {
    @Test(arguments: sweep(10, full: 100))
    func `it says what git says`(seed: Int) async throws {
        let history = try await RandomHistory(seed: UInt64(3_000_000 + seed), commits: 14)
        let repository = try history.fixture.open()
        let ids = try await history.fixture.git("rev-list", "--all").split(separator: "\n").map(String.init)
        let pairs = ids.flatMap { left in ids.map { (left, $0) } }
        let script = pairs.map { left, right in
            """
            git merge-base --is-ancestor \(left) \(right) && echo yes || echo no
            echo $(git merge-base --all \(left) \(right) || true)
            """
        }
        let lines = try await history.fixture.shell(script.joined(separator: "\n"))
            .split(separator: "\n", omittingEmptySubsequences: false)
        for (index, (left, right)) in pairs.enumerated() {
            let (one, two) = (try #require(ObjectID(left)), try #require(ObjectID(right)))
            #expect(try await repository.isAncestor(one, of: two) == (lines[2 * index] == "yes"))
            let bases = lines[2 * index + 1].split(separator: " ").map(String.init)
            let base = try await repository.mergeBases(one, two).first?.description
            #expect(bases.isEmpty ? base == nil : bases.contains(base ?? ""), "\(left) \(right)")
            #expect(try await Set(repository.mergeBases(one, two).map(\.description)) == Set(bases))
        }
    }

    @Test func `a commit that is gone is no ancestor`() async throws {
        let fixture = try await Fixture()
        let tip = try await fixture.commit()
        let gone = try #require(ObjectID(ObjectIDTests.digits))
        let repository = try fixture.open()
        #expect(try await !repository.isAncestor(gone, of: tip))
        await #expect(throws: GitError.objectMissing(gone, path: nil)) { try await repository.mergeBases(gone, tip) }
        await #expect(throws: GitError.self) { try await repository.isAncestor(tip, of: gone) }
    }

    @Test func `a shallow clone tells what it can and says what it cannot`() async throws {
        let fixture = try await Fixture()
        var commits: [ObjectID] = []
        for number in 0..<6 {
            commits.append(try await fixture.commit("\(number)"))
        }
        try await fixture.git("checkout", "--quiet", "-b", "late", "HEAD~1")
        let late = try await fixture.commit("late")
        try await fixture.git("checkout", "--quiet", "-b", "early", commits[0].description)
        let early = try await fixture.commit("early")
        let clone = Fixture(folder: fixture.folder, path: fixture.folder.path("clone"))
        try await fixture.git(
            "clone",
            "--quiet",
            "--no-single-branch",
            "--depth=3",
            "file://\(fixture.path)",
            clone.path
        )
        let repository = try clone.open()
        #expect(try await repository.mergeBases(commits[5], late).first == commits[4])
        #expect(try await repository.isAncestor(commits[3], of: commits[5]))
        #expect(try await repository.commit(commits[3]).parents == [])
        // What both have is found before the boundary.
        #expect(try await !repository.isAncestor(late, of: commits[5]))
        await #expect(throws: GitError.historyIncomplete(commits[5])) {
            try await repository.isAncestor(early, of: commits[5])
        }
        // Its own history is whole, and shorter.
        #expect(try await !repository.isAncestor(commits[5], of: early))
        await #expect(throws: GitError.self) { try await repository.mergeBases(early, commits[5]) }
    }
}
