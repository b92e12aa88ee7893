import Foundation
public import Jobs
public import Logging
import Platform
public import ServiceLifecycle

/// Runs jobs as processes of this machine.
///
/// Each replica has its own supervisor process, which outlives this service (``Supervisor``). The complete state is in
/// files below ``LocalSettings/folder``, so a restarted service finds the runs that are live and those that finished in
/// the meantime.
public actor LocalBackend: Backend, Service {
    let settings: LocalSettings
    let logger: Logger
    let runtimes: RuntimeStore
    var runs: [RunID: LiveRun] = [:]
    var ports: PortPool

    /// The runs whose observation may have changed.
    public nonisolated var changes: AsyncStream<RunID> { changed.stream }
    let changed = RunChanges()
    let notices: DirectoryWatcher
    /// Created when the first log is followed.
    var logMonitor: FileMonitor?

    /// Opens the backend of a folder, finds the runs in it and continues the unfinished ones.
    ///
    /// - Parameters:
    ///   - settings: the backend's settings. Only one backend at a time may use a folder.
    ///   - logger: receives the ends of runs and the errors.
    /// - Throws: an error if the folder can't be created or watched.
    public static func open(_ settings: LocalSettings, logger: Logger) async throws -> LocalBackend {
        let folder = Notice.folder(in: settings.folder)
        try OwnFolder.make(folder.path)
        let notices = try DirectoryWatcher()
        try notices.watch(folder.path)
        let backend = LocalBackend(settings, notices: notices, logger: logger)
        await backend.recoverRuns()
        return backend
    }

    private init(_ settings: LocalSettings, notices: DirectoryWatcher, logger: Logger) {
        self.settings = settings
        self.logger = logger
        self.notices = notices
        runtimes = RuntimeStore(settings)
        let first = UInt16.random(in: settings.ports)
        ports = PortPool(range: settings.ports, first: first)
    }

    /// The time between SIGTERM and SIGKILL.
    public nonisolated var gracePeriod: Duration { settings.gracePeriod }

    nonisolated var runsFolder: URL { settings.folder.appendingPathComponent("runs") }

    /// Accepts a run. On return the run's folder is complete on disk; the replicas start from that folder in the
    /// background.
    public func start(_ request: RunRequest) async throws(BackendError) {
        if let known = runs[request.id], known.result != nil || !known.isStopped {
            return
        }
        let folder = RunFolder(request.id, in: runsFolder)
        do {
            try folder.write(request)
        } catch {
            throw .unavailable("\(folder.url.path) can't be written: \(error)")
        }
        var run = LiveRun(request, folder: folder)
        run.attempt += 1
        runs[request.id] = run
        launchRun(request.id)
    }

    /// Stops a run: sends SIGTERM to each replica's process group, and SIGKILL after the grace period.
    public func stop(_ id: RunID) async throws(BackendError) {
        guard let run = runs[id] else { return }
        if run.result == nil {
            do {
                try run.folder.markStopped(attempt: run.attempt)
            } catch {
                throw .unavailable("\(run.folder.url.path) can't be written: \(error)")
            }
            runs[id]?.isStopped = true
        }
        await endReplicas(of: id)
        changed.yield(id)
    }

    /// Rewrites `run.json` with the new definition and changes nothing else in the run's folder.
    public func update(_ request: RunRequest) async throws(BackendError) {
        guard let run = runs[request.id] else { return }
        let known = run.request
        let updated = RunRequest(
            id: request.id,
            job: request.job,
            commit: request.commit,
            runCommit: known.runCommit,
            codeFolder: known.codeFolder,
            author: request.author
        )
        do {
            try run.folder.write(updated)
        } catch {
            throw .unavailable("\(run.folder.url.path) can't be written: \(error)")
        }
        runs[request.id]?.request = updated
        changed.yield(request.id)
    }

    /// Lists every run that has a folder.
    public func observe() async throws(BackendError) -> [RunObservation] {
        runs.keys.sorted { ($0.key, $0.number) < ($1.key, $1.number) }.compactMap(observation)
    }

    /// Returns the state of one run, or nil if the run is unknown.
    public func observe(_ run: RunID) async throws(BackendError) -> RunObservation? {
        observation(run)
    }

    private func observation(_ id: RunID) -> RunObservation? {
        runs[id].map { run in
            RunObservation(
                id: id,
                job: run.request.job,
                commit: run.request.commit,
                runCommit: run.request.runCommit,
                status: run.status(node: settings.node)
            )
        }
    }
}
