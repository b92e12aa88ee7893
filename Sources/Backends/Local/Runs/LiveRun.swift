import Foundation
import Jobs
import Platform

/// The state of a run in memory. The run's folder has all of it.
struct LiveRun: Sendable {
    var request: RunRequest
    let folder: RunFolder
    let defaults: DefaultsVersion
    /// The number of the newest attempt, which may not be written yet. 0: there is none.
    private(set) var attempt: Int
    var isStopped = false
    var result: RunFolder.Result?
    /// The decided restarts, oldest first.
    private(set) var restarts: [RestartRecord]
    /// The restarts whose attempts are not written yet.
    private(set) var dueRestarts: [RestartRecord] = []
    /// The attempts that are being prepared.
    var launching: Set<Int> = []
    /// A sentence that says what the run is waiting for before its replicas start.
    var preparation = ""
    /// The virtual environment that is being installed for the run. Nil: none is.
    var installation: VirtualEnvironment?
    /// The ports that no other run may get.
    var heldPorts: [UInt16] = []
    /// The attempts before which replicas are being ended. Until they have ended, no replica starts.
    var endings: Set<Int> = []
    /// The folders of replicas whose supervisor was started by this service and has not ended, with their attempts.
    var supervised: [String: Int] = [:]
    /// The first attempt since the last stop. Replicas of earlier attempts are over.
    private var firstAttempt = 1
    /// The replicas by name. Empty before the attempt is written.
    private(set) var replicas: [String: Replica] = [:]
    /// The ended processes of the replicas, by name.
    private(set) var ended: [String: EndedProcesses] = [:]
    /// The interpreter and its packages; nil until they are known.
    var environment: RunEnvironment?
    /// Watches the progress of the run. Nil: it has no deadline for it, or was not observed yet.
    var progress: ProgressWatch?
    /// When the watch was last written to the run's folder.
    var progressSaved = Date.distantPast
    /// The steps of the training.
    var steps = StepReports()
    /// The replica that fell silent first in a run without progress.
    var silence: ReplicaFailure?
    /// The replicas whose main process a signal held when another replica failed.
    var frozen: [ReplicaFailure] = []
    /// How long the run has had replicas.
    private(set) var active = ActiveTime()
    /// When the run's first replica started. Nil: none has.
    private(set) var startTime: Date?

    /// One replica of the run, in its newest attempt.
    struct Replica: Sendable {
        let type: ReplicaType
        let index: Int
        let attempt: Int
        let port: UInt16
        var supervisor: ProcessIdentity?
        var child: ChildRecord?
        /// Whether the supervisor was alive before `exit` was read. Then processes of the replica may be alive too.
        var isLive: Bool
        var exit: ExitRecord?

        /// Whether the replica was started and its exit is lost: the machine went down, or somebody killed the
        /// supervisor.
        var hasVanished: Bool { supervisor != nil && exit == nil && !isLive }
    }

    /// Reads a run from its folder.
    init(_ request: RunRequest, folder: RunFolder, defaults: DefaultsVersion) {
        self.request = request
        self.folder = folder
        self.defaults = defaults
        let attempts = folder.attempts()
        attempt = attempts.last ?? 0
        restarts = (try? folder.restarts()) ?? []
        let stops = attempts.filter(folder.isStopped)
        let lastStop = stops.last
        if let lastStop {
            active.past = folder.activeSeconds(atStopOf: lastStop)
        }
        let starts = attempts.map { ($0, folder.startTime(of: $0)) }
        startTime = starts.compactMap(\.1).min()
        active.since = starts.filter { $0.0 > lastStop ?? 0 }.compactMap(\.1).min()
        isStopped = attempt > 0 && lastStop == attempt
        firstAttempt = ((isStopped ? stops.dropLast().last : lastStop) ?? 0) + 1
        let lastOfAll = attempts.last { number in
            RunStatus(pending: request.job).replicas.allSatisfy { folder.replica($0.name, attempt: number).hasOrder }
        }
        dueRestarts = restarts.filter { restart in
            restart.attempt > max(lastOfAll ?? 0, lastStop ?? 0) && !attempts.contains(restart.attempt)
        }
        if let whole = dueRestarts.lastIndex(where: { $0.replicas == nil }) {
            dueRestarts.removeFirst(whole)
        }
        attempt = max(attempt, dueRestarts.last?.attempt ?? 0)
        environment = folder.environment()
    }

    /// The rules that the run is judged by.
    ///
    /// A run of an earlier version keeps the rules of that version: no failed replica restarted, a lost one restarted
    /// all, there was no deadline and no time to live, and replicas had 5 s to end.
    var rules: RunRules {
        guard defaults == .replicaScope else { return RunRules(request.job, defaults: defaults) }
        var job = request.job
        for index in job.replicas.indices {
            job.replicas[index].restartPolicy = nil
        }
        var policy = job.effectiveRunPolicy
        (policy.activeDeadlineSeconds, policy.ttlSecondsAfterFinished) = (nil, nil)
        policy.progressDeadlineSeconds = nil
        (policy.restartScope, policy.gracePeriodSeconds) = (.job, 5)
        job.runPolicy = policy
        return RunRules(job, defaults: defaults)
    }

    /// Begins the first attempt, or the next one after a stop. Restarts that were due are part of it.
    mutating func beginAttempt() {
        attempt += 1
        firstAttempt = attempt
        dueRestarts = []
        replicas = [:]
        (progress, silence, frozen) = (nil, nil, [])
        steps.interrupt()
        isStopped = false
        active.since = nil
        for replica in RunStatus(pending: request.job).replicas where attempt > 1 {
            ended[replica.name] = endedProcesses(of: replica.name, before: attempt)
        }
    }

    /// Records a restart and makes it due.
    ///
    /// - Throws: an error if the record can't be written. Then the run is unchanged.
    mutating func decideRestart(_ plan: RestartPlan, message: String, now: Date) throws {
        let record = RestartRecord(
            attempt: attempt + 1,
            replicas: plan.isOfAll ? nil : plan.failures.map(\.name),
            reason: plan.failures.first?.cause.reason ?? "",
            message: message,
            time: now,
            due: plan.time
        )
        try folder.writeRestarts(restarts + [record])
        restarts.append(record)
        (progress, silence, frozen) = (nil, nil, [])
        steps.interrupt()
        attempt += 1
        // A restart of all replicas includes those that were due.
        dueRestarts = record.replicas == nil ? [record] : dueRestarts + [record]
    }

    /// The restarts that can be launched now.
    func dueRestarts(now: Date) -> [RestartRecord] {
        dueRestarts.filter { $0.due <= now && !launching.contains($0.attempt) }
    }

    /// Reads the files of one replica.
    mutating func refreshReplica(_ name: String) {
        guard let attempt = replicas[name]?.attempt ?? folder.newestAttempt(of: name), attempt >= firstAttempt else {
            return
        }
        readReplica(name, attempt: attempt)
    }

    private mutating func readReplica(_ name: String, attempt: Int) {
        let files = folder.replica(name, attempt: attempt)
        // The job may have removed the order of its own replica.
        let (order, known) = (files.order, replicas[name])
        guard let type = order?.type ?? known?.type, let index = order?.index ?? known?.index,
            let port = order?.port ?? known?.port
        else { return }
        if known == nil, attempt > 1 {
            ended[name] = endedProcesses(of: name, before: attempt)
        } else if let known, known.attempt < attempt, known.supervisor != nil, known.exit == nil {
            ended[name, default: EndedProcesses()].add(nil, start: nil, gpus: 0)
        }
        let supervisor = files.supervisor?.process
        // Ask before the exit is read: a supervisor writes the exit before it ends, so a dead one has already written
        // it.
        let isLive = supervisor.map { $0.isAlive && ProcessTable.isSupervisor($0.pid, of: files.url.path) } ?? false
        let child = files.child
        if let start = child?.startTime {
            startTime = startTime.map { min($0, start) } ?? start
            active.since = active.since.map { min($0, start) } ?? start
        }
        let exit = files.exit
        if let exit, known?.attempt != attempt || known?.exit == nil {
            ended[name, default: EndedProcesses()].add(exit, start: child?.startTime, gpus: gpus(of: type))
        }
        replicas[name] = Replica(
            type: type,
            index: index,
            attempt: attempt,
            port: port,
            supervisor: supervisor,
            child: child,
            isLive: isLive,
            exit: exit
        )
    }

    /// Reads the files of all replicas.
    mutating func refreshReplicas() {
        for status in RunStatus(pending: request.job).replicas {
            refreshReplica(status.name)
        }
    }

    /// Reads the replicas of an attempt that was just written.
    mutating func adoptAttempt(_ attempt: Int, _ names: some Sequence<String>) {
        dueRestarts.removeAll { $0.attempt == attempt }
        for name in names {
            readReplica(name, attempt: attempt)
        }
    }
}

extension LiveRun {
    /// Whether the run was accepted and not stopped, also if it has finished.
    var isContinuing: Bool { result != nil || !isStopped }

    /// The newest restart since the run was last resumed.
    var lastRestart: RestartRecord? { restarts.last { $0.attempt >= firstAttempt } }

    /// Whether the run has no verdict and was not stopped.
    var isOpen: Bool { result == nil && !isStopped }

    /// Whether a process of the run is alive, or may start soon.
    var isLive: Bool { !supervised.isEmpty || replicas.values.contains(where: \.isLive) }

    /// Whether a process of some attempts is alive, or may start soon.
    func isLive(in attempts: Set<Int>) -> Bool {
        supervised.values.contains(where: attempts.contains)
            || replicas.values.contains { attempts.contains($0.attempt) && $0.isLive }
    }

    /// Whether every replica was started.
    var isUp: Bool { replicas.count == request.job.replicaCount && replicas.values.allSatisfy { $0.supervisor != nil } }

    /// Whether a replica of the run was ever started.
    var hasStarted: Bool { startTime != nil || replicas.values.contains { $0.supervisor != nil } }

    /// Whether the newest attempt is not written yet and no restart makes it.
    var awaitsLaunch: Bool { replicas.count < request.job.replicaCount && dueRestarts.isEmpty }

    /// The path of the interpreter that the run started with. Nil: it has not started.
    var interpreter: String? {
        RunStatus(pending: request.job).replicas.lazy.compactMap { replica in
            folder.newestAttempt(of: replica.name).flatMap { folder.replica(replica.name, attempt: $0).order }
        }.first?.command.first
    }

    /// The attempts that have current replicas.
    var currentAttempts: Set<Int> { Set(replicas.values.map(\.attempt)) }

    /// How many seconds the run has had replicas.
    func activeSeconds(until now: Date) -> Double {
        active.past + (active.since.map { max(0, now.timeIntervalSince($0)) } ?? 0)
    }
}
