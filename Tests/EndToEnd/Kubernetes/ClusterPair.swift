import Foundation
import KubernetesSupport
import TestSupport

/// A service with three clusters: `one` is Kubernetes with the training operator, `two` is Kubernetes without it, `default` is this machine.
///
/// The pods' commands run as processes of this machine, so the scene's script notes their starts as it does those of the local backend.
struct ClusterPair: Sendable {
    let scene: Scene
    let one: TestCluster
    let two: TestCluster
    /// Where the service finds the token for `one`.
    let tokenFile: String
    let configuration: String

    /// Runs both clusters for as long as the body runs.
    static func serving(_ body: @Sendable (ClusterPair) async throws -> Void) async throws {
        let scene = try await Scene()
        let behaviour = { @Sendable (_: PodDescription) -> PodBehaviour in .runsCommand }
        try await TestCluster.serving(in: scene.folder, behaviour: behaviour) { one in
            var bare = ClusterSettings()
            bare.hasOperator = false
            try await TestCluster.serving(in: scene.folder, bare, behaviour: behaviour) { two in
                try await body(try await ClusterPair(scene, one, two))
            }
        }
    }

    private init(_ scene: Scene, _ one: TestCluster, _ two: TestCluster) async throws {
        self.scene = scene
        self.one = one
        self.two = two
        tokenFile = scene.folder.path("token")
        configuration = scene.folder.path("configuration.yaml")
        try renewToken("first")
        let first = try one.writeKubeconfig("tokenFile: \(tokenFile)")
        let second = try await two.kubeconfig(certificateOf: "tfjob-admin", isInline: true)
        let folder = "volumes: [{path: \(scene.folder.url.path), hostPath: \(scene.folder.url.path)}]"
        let common = "createNamespaces: true, images: \"python:{python}\", requestsPerSecond: 200, \(folder)"
        let text = """
            repository: {interval: 1s}
            clusters:
              default: {backend: local}
              one: {backend: kubernetes, kubeconfig: \(first), \(common)}
              two: {backend: kubernetes, flavor: job, kubeconfig: \(second), \(common)}

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
    }

    /// Lets the service in by a new token, and writes it where the service finds it.
    func renewToken(_ token: String) throws {
        one.accounts.accept(token: token, as: "tfjob-admin")
        try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: tokenFile))
    }

    func serve() async throws -> ServiceProcess {
        try await scene.serve(["--config", configuration])
    }

    /// Writes a job that runs the scene's script where it lies.
    func write(_ cluster: String, _ id: String, _ args: String..., change: (inout JobText) -> Void = { _ in }) throws {
        let job = scene.job { job in
            job.args = args
            job.workdir = "\(scene.repository.clone)/code"
            change(&job)
        }
        try scene.repository.write(job.text, to: path(cluster, id))
    }

    func path(_ cluster: String, _ id: String) -> String { "clusters/\(cluster)/partitions/team-a/\(id).json" }

    /// Waits until a job is in a phase.
    @discardableResult
    func job(_ cluster: String, _ id: String, of service: ServiceProcess, reaches phase: String) async throws -> JSON {
        let sentence = "\(cluster)/\(id) is \(phase) (\(service.log))"
        return try await firstValue(sentence) {
            let job = try await service.job(id, cluster: cluster)
            return job?.status.phase.text == phase ? job : nil
        }
    }

    /// What ping says of a cluster.
    func health(of cluster: String, _ service: ServiceProcess) async throws -> JSON {
        let clusters = try await service.request("/api/ping").json.clusters.elements
        return clusters.first { $0.id.text == cluster } ?? .null
    }

    /// Takes all jobs away, and waits until neither the clusters nor this machine have anything of them.
    func end(_ service: ServiceProcess) async throws {
        try? scene.repository.remove("clusters")
        try await scene.repository.publish("Remove all jobs\n\nPrune: approve")
        try await eventually("the clusters are empty") {
            let pods = await one.objects("pods") + two.objects("pods")
            let jobs = await one.objects("tfjobs.kubeflow.org") + two.objects("jobs.batch")
            return pods.isEmpty && jobs.isEmpty
        }
        try await eventually("nothing of the scene runs") { try scene.leftovers().isEmpty }
        try await service.stop()
    }
}
