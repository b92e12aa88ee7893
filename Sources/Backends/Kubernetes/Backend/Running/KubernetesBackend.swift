import Foundation
public import Jobs
import KubernetesClient
public import Logging
public import ServiceLifecycle

/// Runs the jobs of one cluster id on a Kubernetes cluster, by its API alone.
///
/// All that there is to know stands on the cluster's own objects, so a service that starts again, even without its journal,
/// finds what runs there. One watch a kind follows them, however many they are.
public actor KubernetesBackend: Backend, Service {
    let settings: KubernetesSettings
    /// The cluster's id in the jobs repository.
    let cluster: String
    /// Whose objects are ours.
    let installation: String
    let client: APIClient
    let logger: Logger
    var store = RunStore()
    var health: Health
    let timing: Timing
    /// Runs that a call is at work on.
    var busy: Set<JobKey> = []
    /// Those who wait for their turn on a job, in order.
    var queues: [JobKey: [CheckedContinuation<Void, Never>]] = [:]
    /// Those who wait for the first reading.
    var readers: [CheckedContinuation<Void, Never>] = []
    /// When the end of a run was first handed out.
    var delivered: [RunID: ContinuousClock.Instant] = [:]
    /// When the end of a run was first seen that has not been written down.
    var ended: [RunID: Date] = [:]
    /// How runs were when their objects were taken away to be made anew.
    var restarting: [RunID: RunObservation] = [:]
    /// Runs that something is to be done for.
    var chores: Set<RunID> = []
    /// By uid, which change of an object was held against what we wrote.
    var checked: [String: Int] = [:]
    /// Whether open runs are shown as unknown.
    var isStale = false

    /// Runs whose observation may have changed.
    public nonisolated let changes: AsyncStream<RunID>
    let changed: AsyncStream<RunID>.Continuation
    let choreStream: AsyncStream<RunID>
    let choreCalls: AsyncStream<RunID>.Continuation

    /// How patient the backend is.
    struct Timing: Sendable {
        /// How long a deleted object may take to go.
        var deletion = Duration.seconds(300)
        /// How long a cluster may be away before its open runs are shown as unknown.
        var staleness = Duration.seconds(30)
        /// How long a run's end has to have been handed out before the object that says so may go.
        var delivery = Duration.seconds(10)
        /// How long the end of Indexed Jobs waits for replicas that are still ending.
        var settling = Duration.seconds(RunView.settlingTime)
        /// How often is looked for what is due without a sign of change.
        var tick = Duration.seconds(5)
    }

    /// A backend that asks nothing yet: ``run()`` begins to watch. Nothing that is wrong with the cluster keeps it from being made.
    ///
    /// - Parameters:
    ///   - settings: where the cluster is, and what is made there.
    ///   - cluster: its id in the jobs repository.
    ///   - installation: names this service among all that may share the cluster, at most 63 characters of a label; the same after each start.
    ///   - logger: hears of what is put right and of what goes wrong.
    public init(_ settings: KubernetesSettings, cluster: String, installation: String, logger: Logger) {
        self.init(settings, cluster: cluster, installation: installation, logger: logger, timing: Timing())
    }

    init(
        _ settings: KubernetesSettings,
        cluster: String,
        installation: String,
        logger: Logger,
        timing: Timing,
        policy: RetryPolicy = RetryPolicy()
    ) {
        self.settings = settings
        self.cluster = cluster
        self.installation = installation
        self.timing = timing
        var logger = logger
        logger[metadataKey: "cluster"] = "\(cluster)"
        self.logger = logger
        client = APIClient(
            settings.access,
            requestsPerSecond: settings.requestsPerSecond,
            policy: policy,
            logger: logger
        )
        health = Health(settings.flavor.kinds)
        (changes, changed) = AsyncStream.makeStream()
        (choreStream, choreCalls) = AsyncStream.makeStream()
    }
}

extension KubernetesSettings.Flavor {
    /// All kinds that a run is read from.
    var kinds: [ResourceKind] {
        switch self {
        case .tfjob: [.tfJobs, .pods]
        case .job: [.services, .jobs, .pods]
        }
    }
}
