import Foundation
import KubernetesSupport
import TestSupport
import Testing

/// An API server that nothing answers for: half a minute and more, and ten minutes in the full run.
@Suite(.serialized)
struct KubernetesOutageTests {
    /// In seconds: open runs are shown as unknown after 30.
    private let outage = sweep(35, full: 600).count
    private let clusters = ["one", "two"]

    /// A cluster that two ids stand for, one of each flavor, behind a door that can be shut.
    private struct Place {
        let scene: Scene
        let cluster: TestCluster
        /// Where the service believes the API server to be. Nobody else can take it.
        let port: ReservedPort
        let configuration: String

        init(_ scene: Scene, _ cluster: TestCluster) throws {
            self.scene = scene
            self.cluster = cluster
            port = try ReservedPort()
            let kubeconfig = try cluster.kubeconfig()
            let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
            try Data(text.replacing(":\(cluster.port)", with: ":\(port.number)").utf8)
                .write(to: URL(fileURLWithPath: kubeconfig))
            configuration = scene.folder.path("configuration.yaml")
            let common = "kubeconfig: \(kubeconfig), images: \"python:{python}\", createNamespaces: true"
            let lines = """
                repository: {interval: 1s}
                clusters:
                  default: {backend: local}
                  one: {backend: kubernetes, namespace: "one-{partition}", \(common)}
                  two: {backend: kubernetes, flavor: job, namespace: "two-{partition}", \(common)}

                """
            try Data(lines.utf8).write(to: URL(fileURLWithPath: configuration))
        }

        /// Lets requests through until the result is given up.
        func open() throws -> FaultProxy {
            try FaultProxy(to: UInt16(cluster.port) ?? 0, at: port.number)
        }

        func write(_ cluster: String, _ id: String) throws {
            try scene.repository.write(
                scene.job("run", "\(cluster)-\(id)") { $0.workdir = "\(scene.repository.clone)/code" }.text,
                to: path(cluster, id)
            )
        }

        func path(_ cluster: String, _ id: String) -> String { "clusters/\(cluster)/partitions/team-a/\(id).json" }

        /// What ping says of a cluster.
        func health(of cluster: String, _ service: ServiceProcess) async throws -> JSON {
            let clusters = try await service.request("/api/ping").json.clusters.elements
            return clusters.first { $0.id.text == cluster } ?? .null
        }

        func pods(_ name: String) async -> [JSONTree] {
            await cluster.objects("pods").filter { $0.metadata.name.text?.hasPrefix("\(name)-") == true }
        }
    }

    private func serving(_ body: @Sendable (Place) async throws -> Void) async throws {
        let scene = try await Scene()
        try await TestCluster.serving(in: scene.folder, behaviour: { _ in .runsUntilFinished }) { cluster in
            try await body(try Place(scene, cluster))
        }
    }

    private func phase(_ cluster: String, _ id: String, of service: ServiceProcess) async throws -> String? {
        try await service.job(id, cluster: cluster)?.status.phase.text
    }

    @Test(.timeLimit(.minutes(30)))
    func `an API server that is away stops nothing, is told of everywhere, and all is caught up with when it is back`()
        async throws
    {
        try await serving { place in
            var door: FaultProxy? = try place.open()
            let service = try await place.scene.serve(["--config", place.configuration])
            for cluster in clusters {
                for id in ["stays", "ends", "goes"] { try place.write(cluster, id) }
            }
            try await place.scene.repository.publish()
            try await eventually("all run (\(service.log))") {
                for cluster in clusters {
                    for id in ["stays", "ends", "goes"] where try await phase(cluster, id, of: service) != "running" {
                        return false
                    }
                }
                return true
            }
            let starts = place.cluster.kubelet.starts.count

            // From now on connections are refused, and those that are open lead nowhere.
            let shut = ContinuousClock.now
            door?.set(.cut(after: 0))
            door = nil
            place.cluster.faults.add(.closed, times: nil)
            await place.cluster.endWatches()
            for pod in await place.pods("ends") { place.cluster.kubelet.finish(pod, code: 0) }
            for cluster in clusters {
                try place.write(cluster, "later")
                try place.scene.repository.remove(place.path(cluster, "goes"))
            }
            try place.write("default", "here")
            let commit = try await place.scene.repository.publish("Change jobs\n\nPrune: approve")
            try await isTold(place, service)
            // The outage itself is what is tested; its end is a moment, not a condition.
            try await Task.sleep(until: shut + .seconds(outage))
            try await isTold(place, service)
            #expect(place.cluster.kubelet.starts.count == starts, "nothing can have been started")
            let report = try await service.request("/api/v1alpha1/commits/\(commit)").json
            #expect(report.state.text != "applied")

            place.cluster.faults.clear()
            door = try place.open()
            try await isCaughtUp(place, service, commit)
            for cluster in clusters {
                let names = place.cluster.kubelet.starts.filter { $0.namespace == "\(cluster)-team-a" }.map(\.pod)
                #expect(names.count { $0.hasPrefix("stays-") } == 1, "what ran has run on")
                #expect(names.count { $0.hasPrefix("ends-") } == 1)
                #expect(names.count { $0.hasPrefix("later-") } == 1)
            }
            _ = door
            try await end(place, service)
        }
    }

    /// Open runs are shown as unknown with a sentence, ping names both clusters, and a job elsewhere runs.
    private func isTold(_ place: Place, _ service: ServiceProcess) async throws {
        for cluster in clusters {
            let job = try await firstValue("stays is unknown on \(cluster) (\(service.log))") {
                let job = try await service.job("stays", cluster: cluster)
                return job?.status.phase.text == "unknown" ? job : nil
            }
            #expect(job.status.reason.text == "ClusterUnreachable")
            #expect(job.status.message.text?.contains("nothing answers there") == true, "\(job.status.message)")
            let health = try await firstValue("ping says that \(cluster) is away") {
                let health = try await place.health(of: cluster, service)
                return health.reachable == .bool(false) ? health : nil
            }
            // Who asks without a token is told no more than that.
            #expect(health.error.text == "unreachable")
        }
        try await eventually("the local job runs (\(service.log))") {
            try await phase("default", "here", of: service) == "running"
        }
    }

    /// Waits until everything is as the tree and the pods are, and says how long that took.
    private func isCaughtUp(_ place: Place, _ service: ServiceProcess, _ commit: String) async throws {
        let clock = ContinuousClock()
        let back = clock.now
        var times: [String] = []
        func note(_ what: String, _ condition: () async throws -> Bool) async throws {
            try await eventually("\(what) (\(service.log))", condition)
            times.append(
                "\(what) \(((clock.now - back) / .seconds(1)).formatted(.number.precision(.fractionLength(1)))) s"
            )
        }
        try await note("ping says that all is well") {
            for cluster in clusters where try await place.health(of: cluster, service).reachable != .bool(true) {
                return false
            }
            return true
        }
        try await note("each job is as it is") {
            for cluster in clusters {
                let phases = try await ["stays", "ends", "later", "goes"].asyncMap {
                    try await phase(cluster, $0, of: service)
                }
                if phases != ["running", "succeeded", "running", nil] { return false }
            }
            return true
        }
        try await note("the commit is applied") {
            try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied"
        }
        #expect(await place.pods("goes").isEmpty)
        print("KubernetesOutageTests: after \(outage) s away: \(times.joined(separator: ", "))")
    }

    private func end(_ place: Place, _ service: ServiceProcess) async throws {
        try? place.scene.repository.remove("clusters")
        try await place.scene.repository.publish("Remove all jobs\n\nPrune: approve")
        try await eventually("the cluster is empty") {
            await place.cluster.objects("pods").isEmpty
        }
        try await eventually("nothing of the scene runs") { try place.scene.leftovers().isEmpty }
        try await service.stop()
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
