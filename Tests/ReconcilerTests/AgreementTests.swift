import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// What `plan` predicts is what the service then does.
@Suite(.timeLimit(.minutes(hangLimit)))
struct AgreementTests {
    @Test(arguments: sweep(24, full: 300))
    func `plan and service agree`(seed: Int) async throws {
        let scene = try await ReconcilerScene()
        var tree = RandomTree(seed: UInt64(seed), jobs: seed % 5 == 0 ? 30 : 10)
        try tree.write(to: scene.repository)
        let base = try await scene.repository.commit("Base")
        seed % 5 == 0 ? tree.removeMany() : tree.change(1 + seed % 7)
        try tree.write(to: scene.repository)
        let head = try await scene.repository.commit(seed % 10 == 0 ? "Head\n\nPrune: approve" : "Head")
        let arguments = ["plan", "--base", base, "--head", head, "--format", "json"]
        let plan = try await Tool.json(arguments, in: scene.repository.clone).document

        let report = try await scene.reconciling {
            for commit in [base, head] {
                try await scene.repository.git("push", "--quiet", "origin", "\(commit):refs/heads/main")
                try await eventually("all of \(commit) is done, of seed \(seed)") {
                    // What waits for others is let go.
                    for run in scene.backend.running where run.key.id == "stable" {
                        scene.backend.finish(run, as: .succeeded)
                    }
                    guard try await scene.journal.head() == commit else { return false }
                    return try await scene.journal.dirtyJobs(limit: 1).isEmpty
                }
            }
            return try #require(try await scene.journal.reader.commit(head))
        }
        let predicted = plan.actions.elements.map { action in
            [action.cluster, action.partition, action.id, action.action].map { $0.text ?? "" }.joined(separator: "/")
        }
        #expect(predicted == report.actions.map { "\($0.key)/\($0.kind?.rawValue ?? "")" })
        #expect(plan.issues.elements.map(\.path.text) == report.issues.map(\.path))
        #expect(plan.issues.elements.map(\.message.text) == report.issues.map(\.message))
    }
}
