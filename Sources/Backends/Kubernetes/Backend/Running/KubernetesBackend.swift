import Foundation
public import Jobs
package import KubernetesClient
package import Logging
public import ServiceLifecycle

/// Runs the jobs of one cluster id on a Kubernetes cluster through its API.
///
/// The cluster's objects hold all state that must survive: a service that restarts, even without its journal, finds its runs
/// there. One watch per kind follows all objects.
///
/// The actor wires its units. A watch event or an answer changes ``store``; a changed run is announced and may need a chore;
/// a chore or a caller takes a turn on the job, then changes objects through ``objects``.
public actor KubernetesBackend: Backend, Service {
    /// Reads and changes the objects of runs. It has no state.
    let objects: RunObjects
    let logger: Logger
    let timing: Timing
    var store = RunStore()
    var records = RunRecords()
    var health: ClusterHealth
    var turns = TurnQueue()
    var chores = ChoreQueue()
    var agenda = Agenda()
    /// The runs whose events are to be read.
    var eventReads = ChoreQueue()

    /// Runs whose observation may have changed.
    public nonisolated var changes: AsyncStream<RunID> { changed.stream }
    let changed = RunAnnouncements()

    nonisolated var settings: KubernetesSettings { objects.settings }

    /// Durations that tests shorten.
    package struct Timing: Sendable {
        /// How long the deletion of an object may take.
        var deletion = Duration.seconds(300)
        /// How long the watches may report nothing about a deletion before the server is asked.
        var question = Duration.seconds(5)
        /// How long a cluster may be away before its open runs are shown as unknown.
        var staleness = Duration.seconds(30)
        /// How long after its end was observed a run may be deleted.
        var delivery = Duration.seconds(10)
        /// How long the end of Indexed Jobs waits for replicas that are still ending.
        var settling = Duration.seconds(RunView.settlingTime)
        /// The shortest time between two checks of the agenda.
        var tick = Duration.milliseconds(250)
        /// The pause between two probes of the server.
        var probe = Duration.seconds(10)
        /// How long a probe may take.
        var probePatience = Duration.seconds(10)
        /// How long a run may wait without a reason before its events are read.
        var silence = Duration.seconds(3)
        /// The pause between two reads of events.
        var eventPause = Duration.milliseconds(200)

        package init() {}
    }

    /// Creates a backend; ``run()`` starts to watch. A cluster that is away or misconfigured is reported later.
    ///
    /// - Parameters:
    ///   - settings: the cluster and how to use it.
    ///   - cluster: the cluster's id in the jobs repository.
    ///   - installation: identifies this service among all that share the cluster, at most 63 characters of a label; the same
    ///     after each start.
    ///   - logger: gets repairs and faults.
    ///   - timing: the durations of the backend.
    ///   - policy: when to send a request again.
    package init(
        _ settings: KubernetesSettings,
        cluster: String,
        installation: String,
        logger: Logger,
        timing: Timing = Timing(),
        policy: RetryPolicy = RetryPolicy()
    ) {
        var logger = logger
        logger[metadataKey: "cluster"] = "\(cluster)"
        self.logger = logger
        self.timing = timing
        objects = RunObjects(
            settings: settings,
            cluster: cluster,
            installation: installation,
            client: APIClient(
                settings.access,
                requestsPerSecond: settings.requestsPerSecond,
                policy: policy,
                logger: logger
            ),
            logger: logger,
            deletionTime: timing.deletion
        )
        health = ClusterHealth(settings.flavor.kinds)
    }
}

extension KubernetesBackend {
    /// Lists every run of this installation on this cluster.
    ///
    /// - Throws: ``BackendError/unavailable(_:)`` while the cluster can't be read, because an old list may be wrong.
    public func observe() async throws(BackendError) -> [RunObservation] {
        await waitUntilSettled()
        if let fault = health.fault {
            throw .unavailable(fault)
        }
        guard health.isSettled else {
            throw .unavailable("the cluster \"\(objects.cluster)\" has not been read yet")
        }
        let ids = Set(store.runs.keys).union(store.restarts.replacing.keys)
        return ids.sorted { ($0.key, $0.number) < ($1.key, $1.number) }.compactMap { observation(of: $0) }
    }

    /// Observes one run. If the cluster has been away for long, an open run is unknown.
    public func observe(_ run: RunID) async throws(BackendError) -> RunObservation? {
        await waitUntilSettled()
        if store.runs[run]?.anchor == nil, let fault = health.fault {
            throw .unavailable(fault)
        }
        return observation(of: run)
    }

    func observation(of id: RunID) -> RunObservation? {
        if let known = store.restarts.replacing[id] { return known }
        guard let run = store.runs[id], let job = run.job, var status = run.status else { return nil }
        if status.phase.isFinal {
            if records.recordDelivery(of: id, at: Date()) {
                scheduleLook(at: id)
            }
        } else if health.isStale {
            status.phase = .unknown
            status.reason = "ClusterUnreachable"
            status.message = health.fault ?? "the cluster does not answer"
        } else if status.reason == "Suspended", settings.queue == nil {
            status.message = "somebody suspended it by hand; it is resumed"
        } else if status.reason.isEmpty {
            describeSilence(of: id, &status)
        }
        return RunObservation(
            id: id,
            job: job,
            commit: run.anchor?.annotation(Marks.commit) ?? "",
            runCommit: run.anchor?.runCommit,
            status: status
        )
    }

    private func waitUntilSettled() async {
        if health.isSettled { return }
        await withCheckedContinuation { health.addCaller($0) }
    }

    /// Works on a job while nobody else does.
    func withTurn(on key: JobKey, _ work: () async throws(BackendError) -> Void) async throws(BackendError) {
        if !turns.takeFreeTurn(on: key) {
            await withCheckedContinuation { turns.addCaller($0, to: key) }
        }
        defer { turns.passTurn(on: key) }
        try await work()
    }

    /// Explains an open run whose objects give no reason, by a failed chore or by the cluster's events.
    private func describeSilence(of id: RunID, _ status: inout RunStatus) {
        if let fault = records.fault(of: id) {
            status.reason = "ClusterRefuses"
            status.message = fault.message
        } else if let notice = records.notice(of: id), !notice.message.isEmpty {
            status.reason = notice.reason
            status.message = notice.message
        }
    }

    /// Reports that a run may have changed, and checks whether it needs a chore.
    func announceChange(of id: RunID) {
        changed.yield(id)
        enqueueChore(of: id)
    }

    /// Stores an answer before the watch reports it.
    func storeAnswer(_ object: some StoredObject) {
        mergeObject(object)
    }

    /// Removes an object, announces its run if that changed, and checks whether the run needs a chore.
    func removeObject(_ object: some StoredObject) {
        guard let id = store.run(of: object) else { return }
        if store.removeObject(object) != nil {
            changed.yield(id)
        }
        enqueueChore(of: id)
    }

    /// Stores an object, announces its run if that changed, and checks whether the run needs a chore.
    func mergeObject(_ object: some StoredObject) {
        if let id = store.mergeObject(object) {
            changed.yield(id)
        }
        if let id = store.run(of: object) {
            enqueueChore(of: id)
        }
    }
}
