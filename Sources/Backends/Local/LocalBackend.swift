import Foundation
public import Jobs
public import Logging
import Platform
public import ServiceLifecycle
import Synchronization

/// Runs jobs as processes of this machine.
///
/// Each replica has its own supervisor process, which outlives this service (``Supervisor``). The complete state is in
/// files below ``LocalSettings/folder``, so a restarted service finds the runs that are live and those that finished in
/// the meantime.
public actor LocalBackend: Backend, Service {
    private let currentSettings: Mutex<LocalSettings>
    let logger: Logger
    let runtimes: RuntimeStore
    /// The program that each replica has as its parent.
    let supervisor: HeldProgram
    let environments = EnvironmentReader()
    /// Nil: the machine has none that the service may use.
    let controlGroups: ControlGroups?
    var runs: [RunID: LiveRun] = [:]
    var ports: PortPool

    /// The runs whose observation may have changed.
    public nonisolated var changes: AsyncStream<RunID> { changed.stream }
    let changed = RunChanges()
    let notices: DirectoryWatcher
    /// The next checks of runs that need one at a certain time.
    var timers = RunTimers()
    /// Created when the first log is followed.
    var logMonitor: FileMonitor?

    /// Opens the backend of a folder, finds the runs in it and continues the unfinished ones.
    ///
    /// - Parameters:
    ///   - settings: the backend's settings. Only one backend at a time may use a folder.
    ///   - logger: receives the ends of runs and the errors.
    /// - Throws: an error if the folder can't be created or watched, or ``CopiedStateError``.
    public static func open(_ settings: LocalSettings, logger: Logger) async throws -> LocalBackend {
        let folder = Notice.folder(in: settings.folder)
        try OwnFolder.make(folder.path)
        let notices = try DirectoryWatcher()
        try notices.watch(folder.path)
        let backend = LocalBackend(settings, notices: notices, logger: logger)
        try backend.checkForCopy()
        backend.controlGroups?.removeLeftovers()
        await backend.recoverRuns()
        await backend.removeOldNotices()
        return backend
    }

    /// The settings in force, see ``applySettings(_:)``.
    nonisolated var settings: LocalSettings { currentSettings.withLock(\.self) }

    /// Puts other settings in force for what starts from now on; what runs goes on. The folder and the programs stay as they are.
    func applySettings(_ new: LocalSettings) async {
        var new = new
        currentSettings.withLock { settings in
            (new.folder, new.executable, new.supervisor) = (settings.folder, settings.executable, settings.supervisor)
            settings = new
        }
        await runtimes.applySettings(new)
    }

    private init(_ settings: LocalSettings, notices: DirectoryWatcher, logger: Logger) {
        currentSettings = Mutex(settings)
        self.logger = logger
        self.notices = notices
        runtimes = RuntimeStore(settings)
        supervisor = HeldProgram(settings.supervisor)
        controlGroups = ControlGroups(of: settings.folder, settings.groupTree)
        let first = UInt16.random(in: settings.ports)
        ports = PortPool(range: settings.ports, first: first)
    }

    /// The limits of control groups, and those of the user if the cluster has one.
    public nonisolated func protections(of cluster: String) -> [Protection]? {
        let hasControllers = controlGroups?.hasControllers == true
        return (controlGroups?.canKill == true ? [.controlGroupKill] : [])
            + (hasControllers ? [.cpuLimit, .memoryLimit] : [.memoryWatch])
            + (settings.users[cluster] == nil ? [] : [.ownUser, .processLimit])
    }

    nonisolated var runsFolder: URL { settings.folder.appendingPathComponent("runs") }

    /// Accepts a run. On return the run's folder is complete on disk; the replicas start from that folder in the
    /// background.
    public func start(_ request: RunRequest) async throws(BackendError) {
        guard runs[request.id]?.isContinuing != true else { return }
        try checkSpace()
        try await checkRequest(request)
        if let known = runs[request.id], known.isLive {
            // The service was restarted while the run was being stopped.
            await endReplicas(of: request.id, StopSchedule(gracePeriod: known.rules.gracePeriod))
        }
        // In the meantime another call may have started it.
        guard runs[request.id]?.isContinuing != true else { return }
        let folder = RunFolder(request.id, in: runsFolder)
        let defaults = runs[request.id]?.rules.defaults ?? .current
        do {
            try folder.write(request, defaults: defaults)
        } catch {
            throw .unavailable("\(folder.url.path) can't be written: \(error)")
        }
        var run = LiveRun(request, folder: folder, defaults: defaults)
        run.beginAttempt()
        runs[request.id] = run
        removeOldCode(of: request.id.key, before: request.id.number)
        launchRun(request.id)
    }

    /// Removes the code of a run whose job is gone. Its logs and its result stay.
    public func discard(_ run: RunID) async throws(BackendError) {
        removeOldCode(of: run.key, before: run.number + 1)
    }

    /// Removes the folder of a run that is over, with its records and logs.
    public func removeRecord(of id: RunID) async throws(BackendError) {
        if let run = runs[id] {
            guard !run.isLive, !run.isOpen else { return }
        }
        let folder = RunFolder(id, in: runsFolder)
        do {
            try await folder.remove()
        } catch {
            throw .unavailable("\(folder.url.path) can't be removed: \(error)")
        }
        for name in runs[id]?.replicas.keys.sorted() ?? [] {
            try? FileManager.default.removeItem(at: Notice(id: id, replica: name).url(in: settings.folder))
        }
        runs[id] = nil
        folder.removeEmptyParents()
    }

    /// Removes the copies of the code that ended runs of a job worked in.
    private func removeOldCode(of key: JobKey, before number: Int) {
        for folder in RunFolder.all(of: key, in: runsFolder)
        where folder.id.number < number && runs[folder.id]?.isLive != true {
            CodeCopy.remove(from: folder)
        }
    }

    /// Refuses a run whose interpreter, folder or script does not exist.
    public func checkRequest(_ request: RunRequest) async throws(BackendError) {
        do throws(RuntimeError) {
            try await runtimes.checkAvailability(of: RuntimeSpec(request, settings))
            try ReplicaLaunch.checkCode(of: request)
        } catch {
            // The launch tries again by itself what may heal.
            guard !error.mayHeal else { return }
            throw .refused(error.message)
        }
    }

    /// Refuses a start on a full disk, so that the last room is left to the ends of runs.
    private func checkSpace() throws(BackendError) {
        guard let disk = DiskSpace(of: settings.folder.path), disk.isFull else { return }
        throw .unavailable(
            "the disk of the state folder is full (\(disk.free >> 20) MiB left); the run starts when there is room"
        )
    }

    /// Stops a run as its grace period says; see `StopSchedule`. A run that has ended by itself keeps its result.
    public func stop(_ id: RunID) async throws(BackendError) {
        // A verdict that was reached before the stop stands.
        await concludeDecidedRun(id)
        guard let run = runs[id] else { return }
        if run.isOpen {
            do {
                try run.folder.markStopped(attempt: run.attempt, activeSeconds: run.activeSeconds(until: Date()))
            } catch {
                throw .unavailable("\(run.folder.url.path) can't be written: \(error)")
            }
            runs[id]?.isStopped = true
        }
        await endReplicas(of: id, StopSchedule(gracePeriod: run.rules.gracePeriod))
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
            try run.folder.write(updated, defaults: run.rules.defaults)
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
                status: run.status(node: settings.node),
                environment: run.environment
            )
        }
    }
}
