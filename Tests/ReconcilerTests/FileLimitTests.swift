import Jobs
import Journal
import Reconciler
import TestSupport
import Testing

/// A repository with more job files than are supported.
@Suite(.timeLimit(.minutes(hangLimit)))
struct FileLimitTests {
    @Test(arguments: [true, false])
    func `more than the limit is refused with a sentence, the last commit stays in force, and less is taken in again`(
        _ isCount: Bool
    ) async throws {
        let scene = try await ReconcilerScene()
        let change = { @Sendable (settings: inout Reconciler.Settings) in
            if isCount { settings.fileLimits.files = 3 } else { settings.fileLimits.bytes = 3000 }
        }
        let long = String(repeating: "x", count: 500)
        try await scene.reconciling(change: change) {
            for id in ["one", "two", "three"] { try scene.write(id) { $0.description = long } }
            let first = try await scene.repository.publish()
            try await scene.settled(at: first)
            for id in ["four", "five"] { try scene.write(id) { $0.description = long } }
            let large = try await scene.repository.publish()
            try await eventually("the commit is refused") {
                try await scene.journal.reader.commit(large)?.state == .held
            }
            let report = try #require(try await scene.journal.reader.commit(large))
            #expect(
                report.issues.first?.message.contains(isCount ? "5 job files, and at most 3" : "more than 3000") == true
            )
            #expect(try await scene.journal.head() == first)
            try await eventually("the status names the commit") {
                try await scene.journal.reader.status()?.repositoryError?.contains(large) == true
            }

            // Those that are there may change, and one may take the place of another.
            try scene.repository.remove(scene.path("four"))
            try scene.repository.remove(scene.path("five"))
            try scene.repository.remove(scene.path("one"))
            try scene.write("six") { $0.description = long }
            let last = try await scene.repository.publish()
            try await scene.settled(at: last)
            #expect(try await scene.record("six") != nil)
            try await eventually("all is well") { try await scene.journal.reader.status()?.repositoryError == nil }
        }
    }
}
