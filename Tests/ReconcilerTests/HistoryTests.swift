import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// What the journal says of a file's history is what `git log` says, and a tree that is far too large keeps the last commit in force.
@Suite
struct HistoryTests {
    private func line(_ arguments: [String], in scene: ReconcilerScene) async throws -> String {
        try await run(["git"] + arguments, in: scene.repository.clone, environment: Self.people)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Compares a job's attribution with git's words.
    private func expectGitsWords(_ id: String, in scene: ReconcilerScene) async throws {
        let path = scene.path(id)
        let record = try #require(try await scene.record(id))
        let changed = try await line(["log", "-1", "--format=%H", "--", path], in: scene)
        let added = try await line(["log", "-1", "--diff-filter=A", "--format=%ae", "--", path], in: scene)
        #expect(record.attribution.commit == changed)
        #expect(record.attribution.uid == added)
    }

    @Test
    func `a push without a net change is attributed as git log says, and restarts nothing`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("a")
            try scene.write("b")
            try await scene.settled(at: try await scene.repository.publish())
            try scene.repository.remove(scene.path("a"))
            try await scene.repository.commit("Remove it")
            try scene.write("a")
            try await scene.repository.git("add", "--all")
            try await scene.repository.git(
                "commit",
                "--quiet",
                "--author",
                "Cy <cy@example.org>",
                "-m",
                "Bring it back"
            )
            try await scene.repository.push()
            try await scene.settled(at: try await line(["rev-parse", "HEAD"], in: scene))
            try await expectGitsWords("a", in: scene)
            try await expectGitsWords("b", in: scene)
            #expect(try await scene.record("a")?.attribution.uid == "cy@example.org")
            #expect(scene.backend.running == [scene.run("a", 1), scene.run("b", 1)])
            // Changed on a branch, and left as it was by the merge: git log follows the side that has it so.
            try await scene.repository.git("checkout", "--quiet", "-b", "side")
            try scene.write("a") { $0.description = "Other" }
            try await scene.repository.commit("Change it")
            try await scene.repository.git("checkout", "--quiet", "main")
            try await scene.repository.git("merge", "--quiet", "--no-ff", "-s", "ours", "-m", "Merge", "side")
            try await scene.repository.push()
            try await scene.settled(at: try await line(["rev-parse", "HEAD"], in: scene))
            try await expectGitsWords("a", in: scene)
            // The same tree by other commits.
            try await scene.repository.git("commit", "--quiet", "--amend", "-m", "Again")
            let root = try await line(["commit-tree", "-m", "New", "HEAD^{tree}"], in: scene)
            try await scene.repository.git("reset", "--quiet", "--hard", root)
            try await scene.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
            try await scene.settled(at: root)
            try await expectGitsWords("a", in: scene)
            #expect(scene.backend.calls.count == 2)
        }
    }

    @Test
    func `a tree that is far too large is refused once, and the next good commit is applied`() async throws {
        let scene = try await ReconcilerScene()
        try await scene.reconciling {
            try scene.write("a")
            let first = try await scene.repository.publish()
            try await scene.settled(at: first)
            let script = """
                blob=$(git hash-object -w --stdin < /dev/null)
                tree=$(for n in $(seq 10 49); do printf '100644 blob %s\\t%s\\n' $blob $n; done | git mktree)
                for depth in 1 2 3; do
                    tree=$(for n in $(seq 10 49); do printf '040000 tree %s\\t%s\\n' $tree $n; done | git mktree)
                done
                root=$(printf '040000 tree %s\\tclusters\\n' $tree | git mktree)
                git commit-tree -m wide -p HEAD $root | tr -d '\\n'
                """
            let wide = try await run(["sh", "-ec", script], in: scene.repository.clone, environment: Self.people)
            try await scene.repository.git("push", "--quiet", "origin", "\(wide):refs/heads/main")
            let report = try await firstValue("the commit is refused") { try await scene.journal.reader.commit(wide) }
            #expect(report.state == .held)
            #expect(report.issues.first?.message.contains("more than 500000 entries") == true)
            #expect(try await scene.journal.head() == first)
            // The pass writes the status down after the report.
            try await eventually("ping says so") {
                try await scene.journal.reader.status()?.repositoryError?.contains("is not applied") == true
            }
            let tree = try await line(["rev-parse", "HEAD^{tree}"], in: scene)
            let good = try await run(
                ["git", "commit-tree", "-m", "Good", "-p", wide, tree],
                in: scene.repository.clone,
                environment: Self.people
            ).trimmingCharacters(in: .newlines)
            try await scene.repository.git("push", "--quiet", "origin", "\(good):refs/heads/main")
            try await scene.settled(at: good)
            #expect(scene.backend.running == [scene.run("a", 1)])
        }
    }

    private static let people = [
        "GIT_AUTHOR_NAME": "Ann Lee", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann Lee",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
    ]
}
