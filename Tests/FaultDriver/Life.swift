import Foundation
import Jobs
import Journal
import Logging
import Reconciler
import TestSupport

/// The reconciler, from its start to the moment when nothing is left to do.
struct Life {
    let backend: FileBackend
    let journal: Journal
    let repository: String
    let folder: URL

    func run(until commit: String) async throws {
        var settings = Reconciler.Settings(
            address: .local(path: repository),
            interval: .milliseconds(100),
            codeFolder: folder.appendingPathComponent("code"),
            mirrorFolder: folder.appendingPathComponent("mirror")
        )
        settings.refusalDelay = .milliseconds(50)
        let reconciler = Reconciler(
            settings,
            journal: journal,
            clusters: Clusters(backends: [backend], fallback: .init(kind: "files", backend: 0)),
            logger: Logger(label: "driver") { StreamLogHandler.standardError(label: $0) }
        )
        let life = Task { try await reconciler.run() }
        try await eventually("all of \(commit) is done") {
            try await isDone(commit, reconciler)
        }
        life.cancel()
        try await life.value
    }

    /// Whether the commit is taken in, nothing is under way, and the journal shows what the backend has.
    private func isDone(_ commit: String, _ reconciler: Reconciler) async throws -> Bool {
        guard try await journal.head() == commit, try backend.isQuiet else { return false }
        for observation in try await backend.observe() {
            guard let record = try await journal.reader.job(observation.id.key), record.applied != nil,
                record.run == observation.id.number
            else { continue }
            guard record.status.phase == observation.status.phase else { return false }
        }
        // Last: what was seen before may have had consequences.
        return try await reconciler.isAtRest()
    }
}
