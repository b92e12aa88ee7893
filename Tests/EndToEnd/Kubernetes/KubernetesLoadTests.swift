import Foundation
import KubernetesSupport
import TestSupport
import Testing

/// Many jobs on one Kubernetes cluster. The service is a process of its own, so what it holds is told apart from what the stand-in holds.
///
/// Of the jobs, `wait-N` have a pod that runs until the test ends it; those of all others find no room.
@Suite(.serialized)
struct KubernetesLoadTests {
    /// What the service may hold at most: 300 MB.
    private static let memory = 300_000_000
    private let jobs = sweep(60, full: 10_000).count
    private let cuts = sweep(5, full: 100).count
    /// In requests a second, as it is configured: less than both sides can do, so that it is what holds them.
    private let rate = sweep(20, full: 100).count
    /// How much of a core the service may use while nothing happens, in percent. A short window has a coarse figure.
    private let idleShare = Double(sweep(10, full: 5).count) / 10

    @Test(.timeLimit(.minutes(60)))
    func `many jobs are applied at the configured rate in little memory, and cut watches lose no change`() async throws
    {
        let scene = try await Scene()
        let behaviour = { @Sendable (pod: PodDescription) -> PodBehaviour in
            pod.name.hasPrefix("wait-") ? .runsUntilFinished : .unschedulable(message: "no machine has room")
        }
        var settings = ClusterSettings()
        // As on a real server: each one is an event to read.
        settings.bookmarkInterval = .seconds(60)
        try await TestCluster.serving(in: scene.folder, settings, behaviour: behaviour) { cluster in
            let configuration = try configure(scene, cluster)
            for number in 0..<jobs {
                let name = number < cuts ? "wait-\(number)" : "job-\(number)"
                try scene.repository.write(
                    scene.job("\(number)") { $0.workdir = "/" }.text,
                    to: "clusters/one/partitions/team-a/\(name).json"
                )
            }
            let commit = try await scene.repository.publish()
            var service = try await scene.serve(["--config", configuration])
            try await isApplied(commit, cluster, service)
            try note("after applying \(jobs) jobs", service)
            try await checkIdleUsage(of: service, cluster)
            try await cutWatches(cluster, service)
            try note("after cutting the watches \(cuts) times", service)

            try await service.stop()
            cluster.requests.clear()
            let revision = await cluster.revision
            service = try await scene.serve(["--config", configuration])
            try await eventually("the service has read everything anew", within: .seconds(600)) {
                let phase = try await service.job("wait-1", cluster: "one")?.status.phase.text
                return phase == "failed" && cluster.requests.all.count { $0.query["watch"] == "true" } >= 2
            }
            // A later commit that changes no job goes the whole way once more.
            try scene.repository.write("nothing", to: "README.md")
            let second = try await scene.repository.publish()
            try await eventually("the second commit is applied", within: .seconds(600)) {
                try await service.request("/api/v1alpha1/commits/\(second)").json.state.text == "applied"
            }
            #expect(cluster.requests.all.filter(\.isWrite).map { "\($0.method) \($0.path)" } == [])
            #expect(await cluster.revision == revision)
            try note("after reading everything anew", service)
            try await service.stop()
        }
    }

    private func configure(_ scene: Scene, _ cluster: TestCluster) throws -> String {
        let path = scene.folder.path("configuration.yaml")
        let text = """
            clusters:
              default: {backend: local}
              one:
                backend: kubernetes
                kubeconfig: \(try cluster.kubeconfig())
                createNamespaces: true
                images: "python:{python}"
                requestsPerSecond: \(rate)

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Waits until each job has its object, made by one write, and holds the requests against the rate.
    private func isApplied(_ commit: String, _ cluster: TestCluster, _ service: ServiceProcess) async throws {
        let clock = ContinuousClock()
        let start = try await firstValue("the first job is applied", within: .seconds(600)) {
            await cluster.objects("tfjobs.kubeflow.org").isEmpty ? nil : clock.now
        }
        let before = cluster.requests.count
        // What a test asks is work for both sides: the service is asked once there is hope.
        try await eventually("each job has been made (\(service.log))", within: .seconds(1800)) {
            cluster.requests.count >= jobs
        }
        try await eventually("the commit is applied (\(service.log))", within: .seconds(600)) {
            try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied"
        }
        let seconds = (clock.now - start) / .seconds(1)
        let all = cluster.requests.all
        let writes = all.filter { $0.isWrite && $0.status < 300 && $0.path.hasSuffix("/tfjobs") }
        #expect(writes.count == jobs)
        let count = all.count - before
        // Twice as many as a second's may come at once after a rest.
        #expect(Double(count) <= Double(rate) * (seconds + 2), "\(count) requests in \(seconds) s")
        print(
            "KubernetesLoadTests: \(jobs) jobs, \(count) requests in \(seconds) s,"
                + " \(Double(count) / seconds) a second of \(rate) that are configured"
        )
    }

    /// Ends a pod around each cut; each end has to be told.
    private func cutWatches(_ cluster: TestCluster, _ service: ServiceProcess) async throws {
        for number in 0..<cuts {
            let pod = try await firstValue("the pod of wait-\(number) runs") {
                let pod = await cluster.object("pods", "team-a", "wait-\(number)-worker-0")
                return pod?.status.phase.text == "Running" ? pod : nil
            }
            if number % 2 == 0 { await cluster.endWatches() }
            if number % 10 == 5 { await cluster.forgetHistory() }
            cluster.kubelet.finish(pod, code: number % 3 == 0 ? 0 : 1)
            if number % 2 == 1 { await cluster.endWatches() }
        }
        for number in 0..<cuts {
            let phase = number % 3 == 0 ? "succeeded" : "failed"
            try await eventually("wait-\(number) is \(phase) (\(service.log))", within: .seconds(300)) {
                try await service.job("wait-\(number)", cluster: "one")?.status.phase.text == phase
            }
        }
    }

    /// Waits until nothing changes any more, and checks how much of a core the service uses then: it must not grow with the jobs.
    private func checkIdleUsage(of service: ServiceProcess, _ cluster: TestCluster) async throws {
        let window = sweep(3, full: 10).count
        var (share, before, revision) = (Double.infinity, Double.infinity, -1)
        // The stand-in's controllers work on for minutes, and the service reads each change.
        while await cluster.revision != revision || share < before * 0.9 {
            (before, revision) = (share, await cluster.revision)
            share = try await usage(of: service, seconds: window)
        }
        share = try await usage(of: service, seconds: sweep(5, full: 60).count)
        let figure = String(format: "%.2f", share)
        print("KubernetesLoadTests: idle with \(jobs) jobs, the service used \(figure) % of a core")
        #expect(share <= idleShare)
    }

    /// How much of a core the service uses, in percent.
    private func usage(of service: ServiceProcess, seconds: Int) async throws -> Double {
        let before = try cpuTime(of: service)
        // The time itself is what is measured.
        try await Task.sleep(for: .seconds(seconds))
        return (try cpuTime(of: service) - before) / Double(seconds) * 100
    }

    /// User and system time in seconds, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    private func cpuTime(of service: ServiceProcess) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(service.pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return try fields[11...12].reduce(0) { try $0 + #require(Double($1)) / 100 }
    }

    /// Says what the service has held at most so far, and that it is not too much.
    private func note(_ when: String, _ service: ServiceProcess) throws {
        let status = try String(contentsOfFile: "/proc/\(service.pid)/status", encoding: .utf8)
        let match = try #require(status.firstMatch(of: /VmHWM:\s+(\d+) kB/))
        let peak = try #require(Int(match.1)) * 1024
        print("KubernetesLoadTests: the service held at most \(peak / 1_000_000) MB \(when)")
        #expect(peak < Self.memory)
    }
}
