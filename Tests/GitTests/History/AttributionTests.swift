import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct AttributionTests {
    /// One file's line of git: the commit, the author's mail and time, the committer's time; empty where there is none.
    private static func line(_ stamp: CommitStamp?) -> String {
        guard let stamp else { return "" }
        let times = [stamp.time, stamp.committed].map { "\(Int($0?.timeIntervalSince1970 ?? 0))" }
        return ([stamp.commit.description, stamp.mail] + times).joined(separator: " ")
    }

    /// What git says of each path: changed, added.
    private func expected(_ fixture: Fixture, at commit: String) async throws -> [String: [String]] {
        let script = RandomHistory.paths.map { path in
            ["", "--diff-filter=A"].map { option in
                "echo; git log -1 \(option) --use-mailmap --format='%H %aE %at %ct' \(commit) -- \(path) | tr -d '\\n'"
            }
            .joined(separator: "\n")
        }
        let lines = try await fixture.shell(script.joined(separator: "\n")).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        var result: [String: [String]] = [:]
        for (index, path) in RandomHistory.paths.enumerated() {
            result[path] = lines[(1 + 2 * index)...].prefix(2).map(String.init)
        }
        return result
    }

    @Test(arguments: sweep(60, full: 1000))
    func `it says what git log says`(seed: Int) async throws {
        let history = try await RandomHistory(seed: UInt64(seed), commits: 12 + seed % 30)
        let repository = try history.fixture.open()
        let tip = try #require(try await repository.head(of: "main"))
        let attributions = try await repository.attribution(of: RandomHistory.paths, at: tip)
        let expected = try await expected(history.fixture, at: "main")
        let present = Set(try await repository.tree(at: tip, under: "").map(\.path))
        for path in RandomHistory.paths {
            let attribution = attributions[path]
            #expect(Self.line(attribution?.changed) == expected[path]?[0], "\(path)")
            if expected[path]?[1] != "" {
                #expect(Self.line(attribution?.added) == expected[path]?[1], "\(path)")
            } else if present.contains(path) {
                // Git shows no difference of a merge; a file that only a merge added still has somebody who did.
                let added = try #require(attribution?.added?.commit, "\(path)")
                let parents = try await repository.commit(added).parents
                #expect(parents.count > 1)
                for parent in parents {
                    #expect(try await !repository.tree(at: parent, under: path).contains { $0.path == path })
                }
            }
        }
    }

    @Test(arguments: sweep(30, full: 300))
    func `a walk from an older commit on fills up what was known there`(seed: Int) async throws {
        let history = try await RandomHistory(seed: UInt64(1_000_000 + seed), commits: 30)
        let repository = try history.fixture.open()
        let tip = try #require(try await repository.head(of: "main"))
        let present = Set(try await repository.tree(at: tip, under: "").map(\.path))
        let all = try await repository.attribution(of: Array(present), at: tip)
        for older in try await history.fixture.git("rev-list", "main").split(separator: "\n").compactMap({
            ObjectID(String($0))
        }) {
            var known = try await repository.attribution(of: RandomHistory.paths, at: older)
            let news = try await repository.attribution(of: RandomHistory.paths, at: tip, since: older)
            for (path, attribution) in news {
                var attribution = attribution
                attribution.added = attribution.added ?? known[path]?.added
                known[path] = attribution
            }
            #expect(known.filter { present.contains($0.key) } == all, "since \(older)")
        }
    }

    @Test func `of two additions in one second the first parent's is taken`() async throws {
        let fixture = try await Fixture("--bare")
        let script = (1...3).map { mark in
            let parents = mark == 3 ? "from :1\nmerge :2\n" : ""
            return "commit refs/heads/b\(mark)\nmark :\(mark)\ncommitter C <c@x> 1700000000 +0000\ndata 1\nm\n"
                + "\(parents)M 100644 inline clusters/x.json\ndata 1\n\(mark)\n"
        }
        try fixture.write(script.joined(), to: "stream")
        _ = try await fixture.shell("git fast-import --quiet < stream")
        let (first, merge) = (try await fixture.id("b1"), try await fixture.id("b3"))
        let found = try await fixture.open().attribution(of: ["clusters/x.json"], at: merge)
        #expect(found["clusters/x.json"]?.changed?.commit == merge)
        #expect(found["clusters/x.json"]?.added?.commit == first)
        let git = try await fixture.git("log", "-1", "--diff-filter=A", "--format=%H", "b3", "--", "clusters/x.json")
        #expect(git == first.description)
    }

    @Test func `a file without a change since is absent`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "clusters/old.json")
        try fixture.write("1", to: "clusters/kept.json")
        let first = try await fixture.commit()
        try fixture.write("2", to: "clusters/old.json")
        try fixture.write("1", to: "clusters/new.json")
        let second = try await fixture.commit()
        let repository = try fixture.open()
        let paths = ["clusters/old.json", "clusters/kept.json", "clusters/new.json"]
        let found = try await repository.attribution(of: paths, under: "clusters", at: second, since: first)
        #expect(Set(found.keys) == ["clusters/old.json", "clusters/new.json"])
        #expect(found["clusters/old.json"]?.added == nil)
        #expect(found["clusters/old.json"]?.changed?.commit == second)
        #expect(found["clusters/new.json"]?.added?.commit == second)
    }

    @Test func `a shallow clone's boundary has added everything`() async throws {
        let fixture = try await Fixture()
        for number in 1...5 {
            try fixture.write("\(number)", to: "file")
            try fixture.write("1", to: "kept")
            try await fixture.commit("\(number)")
        }
        let clone = Fixture(folder: fixture.folder, path: fixture.folder.path("clone"))
        try await fixture.git("clone", "--quiet", "--depth=2", "file://\(fixture.path)", clone.path)
        let tip = try await clone.id("HEAD")
        let found = try await clone.open().attribution(of: ["file", "kept"], at: tip)
        let boundary = try await fixture.id("HEAD~1")
        #expect(found["file"]?.changed?.commit == tip)
        #expect(found["file"]?.added?.commit == boundary)
        #expect(found["kept"]?.changed?.commit == boundary)
    }
}
