import Foundation
import Jobs
import Logging
import Platform

extension LocalBackend {
    /// Reads every run's folder, as after a restart or a `kill -9` of the service, and goes on where it was left.
    func recover() async {
        for folder in RunFolder.all(in: runsFolder) {
            do {
                try await recover(folder)
            } catch {
                logger.error("a run can't be read", metadata: ["folder": "\(folder.url.path)", "error": "\(error)"])
            }
        }
    }

    private func recover(_ folder: RunFolder) async throws {
        guard try folder.isSecured() else {
            return logger.error(
                "a run was not made by this service's user and is passed over",
                metadata: ["folder": "\(folder.url.path)"]
            )
        }
        guard let request = try folder.request(), runs[folder.id] == nil else { return }
        var run = LiveRun(request, folder: folder)
        run.result = try folder.result()
        run.isStopped = folder.isStopped(attempt: run.attempt)
        run.refreshAll()
        if run.attempt == 0 {
            run.attempt = 1
        }
        runs[folder.id] = run
        ports.reserve(run.replicas.values.filter(\.isLive).map(\.port))
        changed.yield(folder.id)
        if run.isStopped || run.result != nil {
            await endLeftovers(of: run)
        } else if run.isUp {
            for name in run.replicas.keys.sorted() {
                await look(at: folder.id, name)
            }
        } else {
            bringUp(folder.id)
        }
    }

    /// Ends what the service was about to end when it was killed.
    private func endLeftovers(of run: LiveRun) async {
        let isKept = run.result != nil && run.request.job.effectiveRunPolicy.effectiveCleanPodPolicy == .none
        if !isKept, run.replicas.values.contains(where: \.isLive) {
            Task { await self.endReplicas(of: run.request.id) }
        }
    }
}
