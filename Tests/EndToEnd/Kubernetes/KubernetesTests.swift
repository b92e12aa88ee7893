import Foundation
import Glibc
import KubernetesSupport
import TestSupport
import Testing

/// The built service with two Kubernetes clusters beside this machine.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct KubernetesTests {
    @Test
    func `one push runs jobs on three clusters, each by its own kind of object`() async throws {
        try await ClusterPair.serving { pair in
            let service = try await pair.serve()
            let gate = pair.scene.folder.path("gate")
            for cluster in ["one", "two", "default"] {
                try pair.write(cluster, "train", "wait", gate, cluster) { $0.replicas = [("chief", 1), ("worker", 2)] }
            }
            try pair.write("two", "fails", "exit", "3", "fails")
            try await pair.scene.repository.publish()
            // All of them, before the chief ends the run.
            try await eventually("every replica has begun") {
                try pair.scene.starts().count { $0.args.hasPrefix("wait") } == 9
            }
            try Data().write(to: URL(fileURLWithPath: gate))
            for cluster in ["one", "two", "default"] {
                let job = try await pair.job(cluster, "train", of: service, reaches: "succeeded")
                #expect(job.status.run.int == 1)
                #expect(
                    job.status.replicas.elements.map(\.id.text) == [
                        "train-chief-0", "train-worker-0", "train-worker-1",
                    ]
                )
                #expect(job.status.replicas[0].exitCode.int == 0)
            }
            let failed = try await pair.job("two", "fails", of: service, reaches: "failed")
            #expect(failed.status.replicas[0].exitCode.int == 3)
            #expect(
                await pair.one.objects("tfjobs.kubeflow.org", in: "team-a").compactMap(\.metadata.name.text) == [
                    "train"
                ]
            )
            #expect(await pair.two.objects("jobs.batch", in: "team-a").count == 3)
            for cluster in ["one", "two"] {
                let starts = try pair.scene.starts().filter { $0.args.hasSuffix(" \(cluster)") }
                #expect(Set(starts.map(\.replica)) == ["chief-0", "worker-0", "worker-1"])
                let answer = try await service.request(
                    "/api/v1alpha1/clusters/\(cluster)/partitions/team-a/tfjobs/train/logs?replica=chief-0"
                )
                #expect(String(decoding: answer.body, as: UTF8.self) == "started wait \(gate) \(cluster)\n")
            }
            try await pair.end(service)
        }
    }

    @Test
    func `a reload exchanges the backend of a changed cluster alone, and a held job starts`() async throws {
        try await ClusterPair.serving { pair in
            let text = try String(contentsOfFile: pair.configuration, encoding: .utf8)
            let lines = text.split(separator: "\n").map { line in
                line.contains("  two:") ? String(line).replacing("python:{python}", with: "{tensorflow}") : String(line)
            }
            func write(_ text: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: pair.configuration))
            }
            try write(lines.joined(separator: "\n") + "\n")
            let service = try await pair.serve()
            let gate = pair.scene.folder.path("gate")
            for cluster in ["one", "default"] {
                try pair.write(cluster, "job", "wait", gate, cluster)
            }
            try pair.write("two", "job", "wait", gate, "two")
            try await pair.scene.repository.publish()
            let held = try await pair.job("two", "job", of: service, reaches: "held")
            #expect(held.status.run.int == 0)
            for cluster in ["one", "default"] {
                try await pair.job(cluster, "job", of: service, reaches: "running")
            }
            try write(text)
            kill(service.pid, SIGHUP)
            try await pair.job("two", "job", of: service, reaches: "running")
            for cluster in ["one", "two", "default"] {
                #expect(try await pair.health(of: cluster, service).reachable == .bool(true), "\(cluster)")
            }
            // Each run is still followed, by the old backend or by the new one.
            try Data().write(to: URL(fileURLWithPath: gate))
            for cluster in ["one", "two", "default"] {
                let job = try await pair.job(cluster, "job", of: service, reaches: "succeeded")
                #expect(job.status.run.int == 1)
            }
            #expect(try pair.scene.starts().count == 3)
            try await pair.end(service)
        }
    }

    @Test
    func `a change replaces the run, a suspend stops it, and a file that goes takes the objects away`() async throws {
        try await ClusterPair.serving { pair in
            let service = try await pair.serve()
            let clusters = ["one", "two"]
            for cluster in clusters { try pair.write(cluster, "job", "run", "old") }
            try await pair.scene.repository.publish()
            for cluster in clusters { try await pair.job(cluster, "job", of: service, reaches: "running") }
            for cluster in clusters { try pair.write(cluster, "job", "run", "new") }
            try await pair.scene.repository.publish()
            try await eventually("only the new runs are alive") {
                let alive = try pair.scene.starts().filter(\.isAlive)
                return alive.map(\.args) == ["run new", "run new"]
            }
            for cluster in clusters {
                #expect(try await pair.job(cluster, "job", of: service, reaches: "running").status.run.int == 2)
                try pair.write(cluster, "job", "run", "new") { $0.more.append(#""runPolicy": {"suspend": true}"#) }
            }
            try await pair.scene.repository.publish()
            for cluster in clusters { try await pair.job(cluster, "job", of: service, reaches: "suspended") }
            try await eventually("nothing is alive") { try !pair.scene.starts().contains(where: \.isAlive) }
            try await pair.end(service)
        }
    }

    @Test
    func `a resumed run keeps its commit and goes on counting its time`() async throws {
        try await ClusterPair.serving { pair in
            let service = try await pair.serve()
            let clusters = ["one", "two"]
            func write(isSuspended: Bool) throws {
                for cluster in clusters {
                    try pair.write(cluster, "job", "run") { job in
                        job.more.append(#""runPolicy": {"suspend": \#(isSuspended)}"#)
                    }
                }
            }
            try write(isSuspended: false)
            let first = try await pair.scene.repository.publish()
            for cluster in clusters { try await pair.job(cluster, "job", of: service, reaches: "running") }
            try write(isSuspended: true)
            try await pair.scene.repository.publish()
            var past: [String: JSON] = [:]
            for cluster in clusters {
                let status = try await pair.job(cluster, "job", of: service, reaches: "suspended").status
                past[cluster] = status
                #expect(status.activeSeconds.double ?? -1 >= 0 && status.activeSince == .null)
                // Nothing of the run is left on the cluster.
                #expect(status.replicas.elements.map(\.status.text) == ["Pending"])
            }
            try pair.scene.repository.write("other code", to: "code/other.py")
            try await pair.scene.repository.publish("Change the code alone")
            try write(isSuspended: false)
            try await pair.scene.repository.publish()
            for cluster in clusters {
                let status = try await pair.job(cluster, "job", of: service, reaches: "running").status
                #expect(status.run.int == 1)
                #expect(status.runCommit.text == first)
                #expect(status.startTime == past[cluster]?.startTime)
                #expect(status.activeSeconds == past[cluster]?.activeSeconds)
                #expect(status.activeSince != .null)
            }
            let mark = "tfjob-admin/run-commit"
            for object in await pair.one.objects("tfjobs.kubeflow.org", in: "team-a")
                + pair.two.objects("services", in: "team-a")
            {
                #expect(object.metadata.annotations[dynamicMember: mark].text == first)
            }
            try await pair.end(service)
        }
    }

    @Test
    func `a replica that is killed has its whole job started again, where the file says so`() async throws {
        try await ClusterPair.serving { pair in
            let service = try await pair.serve()
            let gate = pair.scene.folder.path("gate")
            let clusters = ["one", "two"]
            for cluster in clusters {
                try pair.write(cluster, "together", "wait", gate, cluster) { job in
                    job.replicas = [("worker", 2)]
                    job.restartPolicy = "ExitCode"
                    job.more.append(#""runPolicy": {"restartScope": "Job"}"#)
                }
            }
            try await pair.scene.repository.publish()
            for cluster in clusters { try await pair.job(cluster, "together", of: service, reaches: "running") }
            try await eventually("every replica has begun") {
                try pair.scene.starts().count == 4
            }
            for start in try pair.scene.starts() where start.replica == "worker-1" { kill(start.pid, SIGKILL) }
            try await eventually("every replica has begun again (\(service.log))") {
                try pair.scene.starts().count == 8
            }
            try Data().write(to: URL(fileURLWithPath: gate))
            for cluster in clusters {
                let job = try await pair.job(cluster, "together", of: service, reaches: "succeeded")
                #expect(job.status.run.int == 1)
                #expect(job.status.replicas.elements.map(\.restartCount.int) == [1, 1])
            }
            let starts = Dictionary(grouping: try pair.scene.starts()) { "\($0.args) \($0.replica)" }
            #expect(starts.count == 4 && starts.values.allSatisfy { $0.count == 2 })
            try await pair.end(service)
        }
    }

    @Test
    func `a cluster that is away holds its own jobs alone, is named by ping, and heals by itself`() async throws {
        try await ClusterPair.serving { pair in
            pair.one.faults.add(.closed, times: nil)
            let service = try await pair.serve()
            for cluster in ["one", "two", "default"] { try pair.write(cluster, "job", "run", cluster) }
            let commit = try await pair.scene.repository.publish()
            try await pair.job("two", "job", of: service, reaches: "running")
            try await pair.job("default", "job", of: service, reaches: "running")
            let health = try await firstValue("ping names the cluster that is away") {
                let health = try await pair.health(of: "one", service)
                return health.reachable == .bool(false) ? health : nil
            }
            #expect(health.error.text?.isEmpty == false)
            #expect(try await pair.health(of: "two", service).reachable == .bool(true))
            let report = try await service.request("/api/v1alpha1/commits/\(commit)").json
            #expect(report.state.text != "applied")
            #expect(try pair.scene.starts().filter { $0.args == "run one" }.isEmpty)
            pair.one.faults.clear()
            try await pair.job("one", "job", of: service, reaches: "running")
            try await eventually("ping says that all is well") {
                try await pair.health(of: "one", service).reachable == .bool(true)
            }
            try await eventually("the commit is applied") {
                try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied"
            }
            try await pair.end(service)
        }
    }

    @Test
    func `a token that has run out stops nothing, is told of, and heals when its file is renewed`() async throws {
        try await ClusterPair.serving { pair in
            let service = try await pair.serve()
            try pair.write("one", "job", "run", "stays")
            try await pair.scene.repository.publish()
            try await pair.job("one", "job", of: service, reaches: "running")
            let start = try await firstValue("the script runs") { try pair.scene.starts().first }
            pair.one.accounts.revoke(token: "first")
            await pair.one.endWatches()
            // Open runs are shown as unknown once the cluster has not answered for half a minute.
            try await eventually("ping says that the cluster does not answer") {
                try await pair.health(of: "one", service).reachable == .bool(false)
            }
            let unknown = try await pair.job("one", "job", of: service, reaches: "unknown")
            #expect(unknown.status.message.text?.contains("401") == true)
            #expect(start.isAlive)
            try pair.write("one", "later", "run", "later")
            try await pair.scene.repository.publish()
            try pair.renewToken("second")
            try await pair.job("one", "later", of: service, reaches: "running")
            try await pair.job("one", "job", of: service, reaches: "running")
            #expect(start.isAlive)
            #expect(try pair.scene.starts().count { $0.args == "run stays" } == 1)
            try await pair.end(service)
        }
    }
}
