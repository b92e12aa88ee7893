import Foundation
import Git
import TestSupport
import Testing

/// Attribution is held against what git itself says.
@Suite
struct AttributionTests {
    /// Histories with changes, deletes, re-adds, branches and merges, each from a seed of its own.
    @Test(arguments: 0..<12)
    func `attribution is what git log says`(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        var generator = SeededGenerator(seed: UInt64(seed))
        let paths = (0..<5).map { "clusters/c/partitions/p/job-\($0).json" }
        for number in 0..<30 {
            if number > 3, Int.random(in: 0..<5, using: &generator) == 0 {
                try await mergeSideBranch(repository, paths, number, &generator)
            } else {
                try change(repository, paths, number, &generator)
                try await commit(repository, number)
            }
        }
        let opened = try Repository.open(path: repository.clone)
        let head = try #require(try await opened.head(of: "main"))
        let present = try await opened.tree(at: head, under: "clusters").map(\.path)
        let found = try await opened.attribution(of: present, under: "clusters", at: head)
        for path in present {
            #expect(
                found[path]?.changed?.commit.description == (try await log(repository, path)),
                "seed \(seed), \(path)"
            )
            #expect(
                found[path]?.added?.commit.description == (try await log(repository, path, "--diff-filter=A")),
                "seed \(seed), \(path)"
            )
        }
    }

    @Test
    func `what is known up to a commit is not walked again, and a file that came after it is whole`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("1", to: "clusters/old.json")
        try repository.write("1", to: "clusters/still.json")
        let known = try #require(ObjectID(try await repository.commit("First")))
        try repository.write("2", to: "clusters/old.json")
        try repository.write("1", to: "clusters/new.json")
        let second = try await repository.commit("Second")
        let opened = try Repository.open(path: repository.clone)
        let head = try #require(ObjectID(second))
        let paths = ["clusters/old.json", "clusters/still.json", "clusters/new.json"]
        let found = try await opened.attribution(of: paths, under: "clusters", at: head, since: known)
        #expect(found["clusters/old.json"]?.changed?.commit == head)
        #expect(found["clusters/old.json"]?.added == nil)
        #expect(found["clusters/still.json"]?.changed == nil)
        #expect(found["clusters/new.json"]?.added?.commit == head)
    }

    @Test
    func `the author is the one that the mailmap names`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("Ann Lee <ann@new.example> <ann@example.org>\n", to: ".mailmap")
        try repository.write("1", to: "clusters/a.json")
        let head = try #require(ObjectID(try await repository.publish()))
        for path in [repository.clone, repository.bare] {
            let opened = try Repository.open(path: path)
            #expect(try await opened.commit(head).author.mail == "ann@new.example")
        }
    }

    private func change(
        _ repository: JobsRepository,
        _ paths: [String],
        _ number: Int,
        _ generator: inout SeededGenerator
    ) throws {
        let path = paths[Int.random(in: 0..<paths.count, using: &generator)]
        if Int.random(in: 0..<4, using: &generator) == 0 {
            try? repository.remove(path)
        } else {
            try repository.write("\(number)", to: path)
        }
    }

    private func mergeSideBranch(
        _ repository: JobsRepository,
        _ paths: [String],
        _ number: Int,
        _ generator: inout SeededGenerator
    ) async throws {
        try await repository.git("checkout", "--quiet", "-b", "side-\(number)", "HEAD~1")
        try change(repository, paths, number * 100, &generator)
        try await commit(repository, number * 100)
        try await repository.git("checkout", "--quiet", "main")
        let strategy = Bool.random(using: &generator) ? "ours" : "theirs"
        // Where one side deleted what the other changed, either side will do: what counts is that there is a merge.
        if (try? await dated(repository, number, "merge", "--quiet", "--no-ff", "-X", strategy, "side-\(number)"))
            == nil
        {
            try await repository.git("add", "--all")
            try await dated(repository, number, "commit", "--quiet", "--no-edit")
        }
    }

    private func commit(_ repository: JobsRepository, _ number: Int) async throws {
        try await repository.git("add", "--all")
        try await dated(repository, number, "commit", "--quiet", "--allow-empty", "--message", "Commit \(number)")
    }

    /// Runs git at a time of its own for each commit, so that the order of history is not left to chance.
    @discardableResult
    private func dated(_ repository: JobsRepository, _ number: Int, _ arguments: String...) async throws -> String {
        try await repository.git(at: 1_700_000_000 + number * 60, arguments)
    }

    private func log(_ repository: JobsRepository, _ path: String, _ more: String...) async throws -> String {
        try await repository.git(at: 0, ["log", "-1", "--format=%H"] + more + ["--", path])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
