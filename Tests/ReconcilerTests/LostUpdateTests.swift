import Foundation
import Git
import Jobs
import Journal
import TestSupport
import Testing

/// Pushes at any moment of a pass, and packs that come and go meanwhile: what counts is the last commit.
@Suite(.timeLimit(.minutes(hangLimit)))
struct LostUpdateTests {
    private static let jobs = ["a", "b", "c", "d", "e"]

    /// Makes commits in the clone that each give one job another argument, and pushes none.
    private func commits(_ count: Int, in scene: ReconcilerScene) async throws -> [String] {
        var stream = ""
        for number in 0..<count {
            let id = Self.jobs[number % Self.jobs.count]
            let text = JobText().with { $0.args = ["\(number)"] }.text
            let script = number == 0 ? "M 100644 inline code/job.py\ndata 0\n\n" : ""
            stream +=
                "commit refs/heads/next\nmark :\(number + 1)\ncommitter A <a@x.org> \(1_700_000_000 + number) +0000\n"
                + "data 1\nx\n\(script)M 100644 inline \(scene.path(id))\ndata \(text.utf8.count)\n\(text)\n"
        }
        let file = scene.folder.path("stream")
        try Data(stream.utf8).write(to: URL(fileURLWithPath: file))
        let marks = scene.folder.path("marks")
        try await TestSupport.run(
            ["sh", "-c", "git fast-import --quiet --export-marks='\(marks)' < '\(file)'"],
            in: scene.repository.clone
        )
        let lines = try String(contentsOfFile: marks, encoding: .utf8).split(separator: "\n")
        let numbered = lines.map { $0.dropFirst().split(separator: " ") }
        return numbered.sorted { Int($0[0]) ?? 0 < Int($1[0]) ?? 0 }.map { String($0[1]) }
    }

    /// Pushes one commit, again where the remote has packed its objects in the very moment: git then rejects the push.
    private func push(_ commit: String, in scene: ReconcilerScene) async throws {
        for _ in 0..<10 {
            do {
                try await scene.repository.git("push", "--quiet", "origin", "\(commit):refs/heads/main")
                return
            } catch let error as CommandFailed where error.description.contains("unable to migrate objects") {
                continue
            }
        }
        Issue.record("\(commit) was rejected ten times")
    }

    /// A thousand pushes with `--full`, in four repositories.
    @Test(arguments: sweep(1, full: 4))
    func `pushes at random moments of passes end at the last commit, each time, also while git packs`(
        number: Int
    ) async throws {
        let scene = try await ReconcilerScene()
        let pushes = sweep(40, full: 250).count
        let commits = try await commits(pushes, in: scene)
        // One line for each push that arrived.
        try await TestSupport.run(["git", "config", "core.logAllRefUpdates", "true"], in: scene.repository.bare)
        let seed = SeededGenerator.seed &+ UInt64(number)
        var generator = SeededGenerator(seed: seed)
        print("LostUpdateTests: TEST_SEED=\(seed) for the first, \(pushes) pushes")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Without `--prune=now`, which may take what a push brings before the branch has it.
                let commands = [["git", "repack", "-adq"], ["git", "gc", "--quiet"]]
                while !Task.isCancelled {
                    for command in commands where !Task.isCancelled {
                        try await TestSupport.run(command, in: scene.repository.bare)
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
            try await scene.reconciling {
                var pushed = 0
                while pushed < pushes {
                    let burst = min(pushes - pushed, Int.random(in: 1...6, using: &generator))
                    for _ in 0..<burst {
                        try await Task.sleep(for: .microseconds(Int.random(in: 0...30_000, using: &generator)))
                        try await push(commits[pushed], in: scene)
                        pushed += 1
                    }
                    try await scene.settled(at: commits[pushed - 1])
                    try await expectJobs(after: pushed, in: scene)
                }
            }
            group.cancelAll()
        }
        let arrived = try await TestSupport.run(["git", "reflog", "show", "main"], in: scene.repository.bare)
        #expect(arrived.split(separator: "\n").count == pushes)
        for commit in commits {
            // One that was never seen as the newest came with a later one.
            #expect(try await scene.journal.reader.commit(commit) != nil)
        }
    }

    /// The backend runs each job as the newest commit that changed it says, and once.
    private func expectJobs(after pushed: Int, in scene: ReconcilerScene) async throws {
        let observations = try await scene.backend.observe().filter { scene.backend.running.contains($0.id) }
        let running = Dictionary(grouping: observations, by: \.id.key.id)
        for (index, id) in Self.jobs.enumerated() where index < pushed {
            let last = (pushed - 1 - index) / Self.jobs.count * Self.jobs.count + index
            #expect(running[id]?.map(\.job.args) == [["\(last)"]], "after \(pushed) pushes")
        }
    }
}
