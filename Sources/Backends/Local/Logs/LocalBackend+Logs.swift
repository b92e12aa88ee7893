import Foundation
public import Jobs
import Platform

extension LocalBackend: LogSource {
    /// Lists the runs that have a folder.
    public nonisolated func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        RunFolder.all(of: job, in: runsFolder).compactMap { folder in
            guard let request = try? folder.request() else { return nil }
            return LoggedRun(
                number: folder.id.number,
                replicas: RunStatus(pending: request.job).replicas.map(\.name)
            )
        }
    }

    /// Opens the log of a replica. One that has not begun has an empty log, which grows.
    public func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> LogStream? {
        let folder = RunFolder(run, in: runsFolder)
        guard let request = try? folder.request(),
            RunStatus(pending: request.job).replicas.contains(where: { $0.name == replica })
        else { return nil }
        let reader = LogReader(
            folder: folder,
            replica: replica,
            extent: extent,
            hasEnded: { [weak self] in await self?.hasEnded(replica, of: run) ?? true }
        )
        do {
            if extent.isFollowed {
                try await reader.follow(changed, monitor: fileMonitor())
            }
            try await reader.begin()
        } catch {
            throw .unavailable("the log of \(run), \(replica), can't be read: \(error)")
        }
        return LogStream { try await reader.next() }
    }

    /// One inotify instance for all followed logs, from the first on.
    private func fileMonitor() throws(PlatformError) -> FileMonitor {
        if let logMonitor { return logMonitor }
        let monitor = try FileMonitor()
        logMonitor = monitor
        return monitor
    }

    /// Whether a replica prints nothing any more: a supervisor writes the exit when all that the replica started is gone.
    private func hasEnded(_ replica: String, of id: RunID) -> Bool {
        guard let run = runs[id] else { return true }
        let known = run.replicas[replica]
        if known?.exit != nil { return true }
        return (run.result != nil || run.isStopped) && known?.isLive != true
    }
}
