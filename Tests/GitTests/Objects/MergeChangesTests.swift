import Git
import GitSupport
import TestSupport
import Testing

@Suite struct MergeChangesTests {
    /// Two branches, each merged into the other: `main` changed `m`, `side` changed `s`, before.
    private func crossed() async throws -> Fixture {
        let fixture = try await Fixture()
        for name in ["m", "s", "x"] {
            try fixture.write("1", to: "clusters/\(name).json")
        }
        try await fixture.commit()
        try await fixture.git("branch", "side")
        try fixture.write("2", to: "clusters/m.json")
        try fixture.write("2", to: "clusters/new.json")
        try await fixture.commit()
        try await fixture.git("tag", "m1")
        try await fixture.git("checkout", "--quiet", "side")
        try fixture.write("2", to: "clusters/s.json")
        try await fixture.commit()
        try await fixture.git("merge", "--quiet", "--no-ff", "-m", "x", "main")
        try await fixture.git("checkout", "--quiet", "main")
        try await fixture.git("merge", "--quiet", "--no-ff", "-m", "x", "side~1")
        try await fixture.git("checkout", "--quiet", "side")
        return fixture
    }

    private func changes(_ fixture: Fixture) async throws -> [String] {
        let repository = try fixture.open()
        let (main, side) = (try await fixture.id("main"), try await fixture.id("side"))
        let bases = try await repository.mergeBases(main, side)
        #expect(bases.count == 2)
        return try await repository.mergeChanges(bases: bases, into: main, of: side, under: "clusters").map(\.path)
    }

    /// What git's own merge of `side` changes in `main`.
    private func expected(_ fixture: Fixture) async throws -> [String] {
        let tree = try await fixture.git("merge-tree", "--write-tree", "main", "side")
        return try await fixture.git("diff", "--name-only", "main", tree, "--", "clusters").split(separator: "\n").map(
            String.init
        )
    }

    @Test(arguments: [
        [], ["m", "3"], ["s", "1"], ["m", "1"], ["x", "3"], ["new", "3"], ["later", "1"],
    ])
    func `what the base has is not new`(edit: [String]) async throws {
        let fixture = try await crossed()
        if let name = edit.first, let content = edit.last {
            try fixture.write(content, to: "clusters/\(name).json")
            try await fixture.commit()
        }
        #expect(try await changes(fixture) == (try await expected(fixture)))
        // What the base goes on to change by itself is not new either.
        try await fixture.git("checkout", "--quiet", "main")
        try fixture.write("9", to: "clusters/own.json")
        try await fixture.commit()
        #expect(try await changes(fixture) == (try await expected(fixture)))
    }
}
