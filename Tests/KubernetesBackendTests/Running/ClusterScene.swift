import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import Logging
import TestSupport
import Testing

@testable import KubernetesBackend

/// A cluster and jobs whose pods do what a test wants of them, on the stand-in as on a real server.
struct ClusterScene: Sendable {
    /// Nil on a real server.
    let cluster: TestCluster?
    let kubeconfig: String
    let flavor: KubernetesSettings.Flavor

    /// Runs a test on the stand-in.
    static func standIn(
        _ flavor: KubernetesSettings.Flavor,
        _ cluster: ClusterSettings = ClusterSettings(),
        behaviour: @escaping @Sendable (PodDescription) -> PodBehaviour = ClusterScene.behaviour,
        _ body: @Sendable (ClusterScene, TestCluster) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder, cluster, behaviour: behaviour) { cluster in
            let scene = ClusterScene(cluster: cluster, kubeconfig: try cluster.kubeconfig(), flavor: flavor)
            try await body(scene, cluster)
        }
    }

    private static let firstOnly = "if os.environ['TFJOB_REPLICA_INDEX'] == '0'"

    /// What a pod's script does: see ``job(_:_:)``.
    ///
    /// A parameter server runs on, whatever its script is.
    static let behaviour: @Sendable (PodDescription) -> PodBehaviour = { pod in
        if pod.labels[Marks.replicaType] == ReplicaType.ps.rawValue { return .runs }
        guard pod.command.count > 2, let exit = pod.command[2].firstMatch(of: /sys\.exit\((\d+)\)/),
            let code = Int(exit.1)
        else { return .runs }
        if pod.command[2].contains(firstOnly), pod.environment["TFJOB_REPLICA_INDEX"] != "0" { return .runs }
        return .exits(code: code, output: ["line 1", "line 2"])
    }

    var settings: KubernetesSettings {
        var settings = KubernetesSettings(access: .kubeconfig(path: kubeconfig, context: nil))
        settings.flavor = flavor
        settings.createNamespaces = true
        settings.images = ImageTable(template: "python:{python}")
        settings.requestsPerSecond = 500
        return settings
    }

    /// Lets a backend live for the time of a test.
    func withBackend<Result: Sendable>(
        installation: String = "here",
        timing: KubernetesBackend.Timing? = nil,
        _ change: (inout KubernetesSettings) -> Void = { _ in },
        _ body: (KubernetesBackend) async throws -> Result
    ) async throws -> Result {
        var settings = settings
        change(&settings)
        var quick = KubernetesBackend.Timing()
        quick.tick = .milliseconds(200)
        quick.delivery = .milliseconds(500)
        // A machine that is busy with other tests may take long to end a pod.
        quick.settling = .seconds(20)
        let backend = KubernetesBackend(
            settings,
            cluster: "default",
            installation: installation,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            timing: timing ?? quick,
            policy: RetryPolicy(attempts: 3, firstPause: .milliseconds(50), longestPause: .seconds(1))
        )
        let life = Task { try await backend.run() }
        defer { life.cancel() }
        return try await body(backend)
    }

    /// A job whose script, given to Python as an argument, does what is asked.
    static func job(_ behaviour: BackendContract.Behaviour, _ replicas: [(ReplicaType, Int)]) -> Job {
        let resources = Resources(
            cpu: CPUQuantity(millicores: 50),
            memory: MemoryQuantity(bytes: 1 << 26, text: "64Mi")
        )
        var job = Job(
            runtime: Runtime(python: "3.11"),
            workdir: "/",
            bootfile: "-c",
            replicas: replicas.map { ReplicaGroup(type: $0.0, count: $0.1, resource: resources) }
        )
        switch behaviour {
        case .runForever: job.args = ["import signal; signal.pause()"]
        case .exit(let code): job.args = ["import sys; sys.exit(\(code))"]
        case .firstExits(let code):
            job.args = ["import os, signal, sys; sys.exit(\(code)) \(firstOnly) else signal.pause()"]
        }
        return job
    }

    static func request(_ id: String, _ job: Job, run: Int = 1) -> RunRequest {
        RunRequest(
            id: RunID(key: JobKey(cluster: "default", partition: "team-a", id: id), number: run),
            job: job,
            commit: String(repeating: "a", count: 40),
            codeFolder: nil,
            author: "ann@example.org"
        )
    }
}

extension Job {
    init(runtime: Runtime, workdir: String, bootfile: String, replicas: [ReplicaGroup]) {
        self.init(runtime: runtime, bootfile: bootfile, replicas: replicas)
        self.workdir = workdir
    }
}

/// The pods that were seen of each run, gathered whenever somebody asks.
actor PodCount {
    private var seen: [String: Set<String>] = [:]

    func count(_ run: RunID, _ backend: KubernetesBackend) async throws -> Int {
        let selector = "\(Marks.id)=\(run.key.id),\(Marks.run)=\(run.number),\(Marks.partition)=\(run.key.partition)"
        let (pods, _) = try await backend.objects.client.listObjects(.pods, selector: selector, as: PodObject.self)
        seen["\(run)", default: []].formUnion(pods.map(\.metadata.uid))
        return seen["\(run)"]?.count ?? 0
    }
}

/// A server that a test runs on, and the flavor that it uses there.
struct TestServer: Sendable, CustomTestStringConvertible {
    /// Nil for the stand-in.
    let kubeconfig: String?
    let flavor: KubernetesSettings.Flavor

    var testDescription: String { "\(kubeconfig == nil ? "the stand-in" : "a real server"), flavor \(flavor.rawValue)" }

    /// The server that `TFJOB_ADMIN_TEST_KUBECONFIG` names, for example a real one. `TFJOB_ADMIN_TEST_FLAVOR=job` is for one that
    /// doesn't have the training operator.
    static let real: [TestServer] = {
        let variables = ProcessInfo.processInfo.environment
        guard let kubeconfig = variables["TFJOB_ADMIN_TEST_KUBECONFIG"] else { return [] }
        return KubernetesSettings.Flavor.allCases
            .filter { [nil, $0.rawValue].contains(variables["TFJOB_ADMIN_TEST_FLAVOR"]) }
            .map { TestServer(kubeconfig: kubeconfig, flavor: $0) }
    }()

    static let all = KubernetesSettings.Flavor.allCases.map { TestServer(kubeconfig: nil, flavor: $0) } + real

    func withScene(_ body: @Sendable (ClusterScene) async throws -> Void) async throws {
        guard let kubeconfig else {
            return try await ClusterScene.standIn(flavor) { scene, _ in try await body(scene) }
        }
        try await body(ClusterScene(cluster: nil, kubeconfig: kubeconfig, flavor: flavor))
    }
}
