import Git
import GitSupport
import TestSupport
import Testing

@Suite struct RangeTests {
    @Test(arguments: sweep(20, full: 200))
    func `it lists what git log lists`(seed: Int) async throws {
        let history = try await RandomHistory(seed: UInt64(seed), commits: 30)
        let fixture = history.fixture
        let all = try await fixture.git("rev-list", "main").split(separator: "\n").map(String.init)
        let repository = try fixture.open()
        let tip = try #require(ObjectID(all[0]))
        for old in all.prefix(12) {
            let expected = try await fixture.git("rev-list", "\(old)..main").split(separator: "\n").map(String.init)
            let range = try await repository.commits(upTo: tip, since: ObjectID(old), limit: 1000)
            #expect(Set(range.map(\.id.description)) == Set(expected))
            #expect(range.isEmpty || range[0].id == tip)
        }
        let whole = try await repository.commits(upTo: tip, since: nil, limit: 1000)
        #expect(Set(whole.map(\.id.description)) == Set(all))
        #expect(try await repository.commits(upTo: tip, since: nil, limit: 3).count == min(3, all.count))
        let gone = ObjectID(String(repeating: "1", count: 40))
        #expect(try await repository.commits(upTo: tip, since: gone, limit: 1000).count == all.count)
    }

    @Test func `a shallow clone lists what it has`() async throws {
        let fixture = try await Fixture()
        for number in 1...5 {
            try fixture.write("\(number)", to: "file")
            _ = try await fixture.commit("\(number)")
        }
        _ = try await fixture.shell("git clone --quiet --depth 3 file://$PWD ../shallow 2>&1")
        let repository = try Repository.open(path: fixture.folder.path("shallow"))
        let tip = try #require(try await repository.resolve("HEAD"))
        let parent = try #require(try await repository.resolve("HEAD~1"))
        #expect(try await repository.commits(upTo: tip, since: parent, limit: 10).map(\.id) == [tip])
        #expect(try await repository.commits(upTo: tip, since: nil, limit: 10).count == 3)
    }

    @Test(arguments: [
        ("Subject\n\nPrune: approve\n", ["approve"]),
        ("Subject\n\nBody\n\nprune: approve\nSigned-off-by: A\n", ["approve"]),
        ("Prune: approve\n", []), ("Subject\n\nPrune: approve\n\nBut not here.\n", []), ("Subject\n", []),
    ])
    func `trailers are of the last paragraph`(message: String, values: [String]) async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "file")
        let id = try await fixture.commit(message)
        #expect(try await fixture.open().commit(id).trailers("Prune") == values)
    }
}
