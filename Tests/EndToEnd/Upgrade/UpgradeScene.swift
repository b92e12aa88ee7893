import Foundation
import KubernetesSupport
import TestSupport

/// A service with jobs in every phase, on this machine (`default`) and on two Kubernetes clusters: `one` has the training operator, `two` has
/// not.
///
/// An older build makes a fixture of it (``UpgradeRecording``), and the present build opens that (``UpgradeTests``).
struct UpgradeScene: Sendable {
    let folder: TemporaryFolder
    let one: TestCluster
    let two: TestCluster
    let configuration: String

    static let partition = "team-a"
    static let clusters = ["default", "one", "two"]

    /// Runs both clusters for as long as the body runs.
    static func serving(_ body: @Sendable (UpgradeScene) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await TestCluster.serving(in: folder, behaviour: behaviour) { one in
            var bare = ClusterSettings()
            bare.hasOperator = false
            try await TestCluster.serving(in: folder, bare, behaviour: behaviour) { two in
                try await body(try UpgradeScene(folder, one, two))
            }
        }
    }

    /// A pod does what its job's id says.
    private static let behaviour: @Sendable (PodDescription) -> PodBehaviour = { pod in
        switch pod.environment["TFJOB_ID"] {
        case "succeeded": .exits(code: 0, output: ["done"])
        case "failed": .exits(code: 7, output: ["no such data"])
        case "preparing": .cannotPull(message: "not found")
        case "queued": .unschedulable(message: "0/1 nodes are available: 1 Insufficient cpu.")
        default: .runs
        }
    }

    private init(_ folder: TemporaryFolder, _ one: TestCluster, _ two: TestCluster) throws {
        (self.folder, self.one, self.two) = (folder, one, two)
        configuration = folder.path("configuration.yaml")
        // An installation that takes as long as the test: it keeps a run preparing.
        let python = folder.path("python3.9")
        try Data("#!/bin/sh\nwhile [ -e '\(python)' ]; do sleep 0.2; done\nexit 1\n".utf8)
            .write(to: URL(fileURLWithPath: python))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python)
        let common = """
            createNamespaces: true, images: "python:{python}", requestsPerSecond: 200, \
            code: {url: "https://git.example.org/jobs.git"}
            """
        let text = """
            repository: {interval: 1s}
            runtimes: {provision: pip, python: {"3.9": \(python), "3.11": /usr/bin/python3}}
            clusters:
              default: {backend: local}
              one: {backend: kubernetes, kubeconfig: \(try one.kubeconfig()), \(common)}
              two: {backend: kubernetes, flavor: job, kubeconfig: \(try two.kubeconfig()), \(common)}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
    }

    /// Starts the service.
    func serve(_ repository: String, wrapper: [String] = []) async throws -> ServiceProcess {
        try await ServiceProcess(
            repository: repository,
            in: folder,
            wrapper: wrapper,
            extra: ["--config", configuration]
        )
    }

    /// The file of a job.
    static func path(_ cluster: String, _ id: String) -> String {
        "clusters/\(cluster)/partitions/\(partition)/\(id).json"
    }

    /// Where the REST view has the jobs of a cluster.
    static func address(_ cluster: String) -> String {
        "/api/v1alpha1/clusters/\(cluster)/partitions/\(partition)/tfjobs"
    }

    /// The processes of this machine that belong to a replica of this scene, supervisors too.
    func leftovers() throws -> [Int32] {
        let state = Data(folder.path("state").utf8)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ") Z "
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
            let isReplica = environment.range(of: Data("TFJOB_REPLICA_FOLDER=".utf8) + state) != nil
            let isSupervisor = command.range(of: Data("supervis".utf8)) != nil && command.range(of: state) != nil
            return !stat.contains(") Z ") && (isReplica || isSupervisor)
        }
    }
}
