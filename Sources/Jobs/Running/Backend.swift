/// Where runs are carried out: the processes of a machine, a Kubernetes cluster, a Slurm cluster.
///
/// Every call may be repeated, also by a service that was killed between the call and the note of its outcome: what
/// follows from a ``RunID`` is made once, and what is gone already is stopped without an error. `BackendContract` in
/// the tests holds every implementation to this.
public protocol Backend: Sendable {
    /// Accepts a run and returns; that it runs, or why not, is observed.
    ///
    /// A run that is known and was not stopped goes on untouched, also where it has finished. One that was stopped
    /// starts again.
    ///
    /// - Throws: ``BackendError`` where the run was not accepted. A run that was accepted and then fails is observed
    ///   as failed.
    func start(_ request: RunRequest) async throws(BackendError)

    /// Checks whether a start would be refused, as far as this is known without a change on the cluster. By default it is not known.
    ///
    /// A replacement checks the new run before it stops the old one.
    ///
    /// - Throws: ``BackendError/refused(_:)`` if ``start(_:)`` would throw it.
    func checkRequest(_ request: RunRequest) async throws(BackendError)

    /// Stops a run and returns when nothing of it is left running.
    ///
    /// A run that has finished keeps its result; one that is not known is no error.
    func stop(_ run: RunID) async throws(BackendError)

    /// Replaces what the backend records of a run: the definition, the commit of the job file and the author.
    ///
    /// The new definition has the same digest as the old one: only its name, description, priority or dependencies
    /// differ. Running replicas, the run's commit and its code stay as they are, also if the request has others. A run
    /// that has finished keeps its result. A run that the backend does not know is no error, and is not started.
    func update(_ request: RunRequest) async throws(BackendError)

    /// Removes what is left of a run whose job is gone, its result too. By default nothing: what is left may be worth
    /// keeping.
    func discard(_ run: RunID) async throws(BackendError)

    /// Removes what is recorded of a run, its log too: it ended so long ago that the service forgets it. A run that is not over stays.
    /// By default nothing: the cluster keeps no records.
    func removeRecord(of run: RunID) async throws(BackendError)

    /// Lists every run that this installation owns here, finished ones too.
    func observe() async throws(BackendError) -> [RunObservation]

    /// Says what is known of one run; nil where the backend does not know it.
    func observe(_ run: RunID) async throws(BackendError) -> RunObservation?

    /// What keeps the runs of a cluster apart from each other and from the machine. Nil: the cluster itself decides. By
    /// default nil.
    func protections(of cluster: String) -> [Protection]?

    /// How long the replicas of a run may take to end after they are asked to, before they are killed. Default: 30 s.
    var gracePeriod: Duration { get }

    /// Names the runs whose observation may have changed. One consumer at a time, see ``RunAnnouncements``; a name may
    /// come more often than its run changes.
    ///
    /// A backend may also name a run whose start it refused, when the cause may be gone: the start is tried again soon.
    ///
    /// A name that no run has says that the backend itself is away or back: the consumer asks for all runs.
    var changes: AsyncStream<RunID> { get }
}

extension Backend {
    /// As Kubernetes has it: <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination>.
    public var gracePeriod: Duration { .seconds(30) }

    /// Refuses nothing.
    public func checkRequest(_ request: RunRequest) async throws(BackendError) {}

    /// Leaves it to the cluster.
    public func protections(of cluster: String) -> [Protection]? { nil }

    /// There are no records.
    public func removeRecord(of run: RunID) async throws(BackendError) {}

    /// Keeps what is left.
    public func discard(_ run: RunID) async throws(BackendError) {}
}

/// A protection of the machine from its jobs that is in force. `ping` shows the raw values.
public enum Protection: String, Sendable, Codable, CaseIterable {
    /// The end of a replica is the end of every process that it started, by `cgroup.kill`.
    case controlGroupKill
    /// The kernel limits the processor time of a replica to its `resource.cpu`.
    case cpuLimit
    /// The kernel ends a replica that uses more than its `resource.memory`.
    case memoryLimit
    /// The supervisor of a replica looks at its memory each second, and ends it if it uses more than `resource.memory`.
    case memoryWatch
    /// Replicas run as a user of their own, who can't change what belongs to the service.
    case ownUser
    /// The number of processes of this user is limited.
    case processLimit
}

/// Why a backend could not do what it was asked.
public enum BackendError: Error, Sendable, Equatable {
    /// It may heal by itself: try again later.
    case unavailable(String)
    /// It will not, until the job, the configuration or the cluster changes.
    case refused(String)

    /// A sentence for people.
    public var message: String {
        switch self {
        case .unavailable(let message), .refused(let message): message
        }
    }
}
