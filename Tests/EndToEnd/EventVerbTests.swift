import Foundation
import TestSupport
import Testing

/// What a run leaves: its events and its record, over REST and by `tfjob-admin events`, `runs` and `history`.
@Suite(.timeLimit(.minutes(hangLimit)))
struct EventVerbTests {
    /// Kills itself at its first start, and then works until a file is there.
    private static let script = """
        import os, signal, sys, time
        mark = sys.argv[1] + "-" + os.environ["TFJOB_RUN"]
        if os.environ["TFJOB_REPLICA_INDEX"] == "0" and not os.path.exists(mark):
            open(mark, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        print("works")
        while not os.path.exists(sys.argv[2]):
            time.sleep(0.02)
        """

    private func write(_ scene: Scene, until gate: String, isSuspended: Bool = false) throws {
        try scene.repository.write(Self.script, to: "code/killed.py")
        let job = scene.job(scene.folder.path("mark"), scene.folder.path(gate)) { job in
            job.bootfile = "killed.py"
            job.replicas = [("worker", 2)]
            job.restartPolicy = "OnFailure"
            job.more.append(#""runPolicy": {"backoffLimit": 3, "suspend": \#(isSuspended)}"#)
        }
        try scene.repository.write(job.text, to: scene.path("one"))
    }

    private func get(_ path: String, _ service: ServiceProcess) async throws -> JSON {
        try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/\(path)").json
    }

    private func table(_ arguments: String..., of service: ServiceProcess, in scene: Scene) async throws -> String {
        let result = try await Tool.run(
            arguments + ["--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(result.code == 0, "\(result.text)")
        return result.text
    }

    @Test
    func `a killed, suspended, resumed and replaced run leaves its events and its record`() async throws {
        let scene = try await Scene()
        var service = try await scene.serve()
        try write(scene, until: "first")
        try await scene.repository.publish()
        try await eventually("it restarted and runs") {
            let items = try await get("events", service).items.elements
            return items.contains { $0.reason.text == "Restarted" }
        }
        try write(scene, until: "first", isSuspended: true)
        try await scene.repository.publish("Suspend")
        try await service.job("one", reaches: "suspended")
        try write(scene, until: "first")
        try await scene.repository.publish("Resume")
        try await service.job("one", reaches: "running")
        try Data().write(to: URL(fileURLWithPath: scene.folder.path("first")))
        try await service.job("one", reaches: "succeeded")
        // A restart of the service forgets nothing and adds nothing.
        try await service.crash()
        service = try await scene.serve()
        try await service.job("one", reaches: "succeeded")

        let events = try await get("events", service).items.elements.reversed().map { event in
            [event.reason.text, event.replica.text, event.message.text].compactMap(\.self).joined(separator: " ")
        }
        let order = [
            "Queued create by", "Started", "Exited worker-0 exited 137: killed", "Restarting worker-0 was ended by",
            "Restarted restarted 1 of 3", "Exited worker-", "Stopped stopped after", "Queued resume by",
            "Started started again", "Exited worker-0 exited 0", "Succeeded",
        ]
        var rest = events[...]
        for start in order {
            let found = rest.firstIndex { $0.hasPrefix(start) }
            #expect(found != nil, "\(start) in \(rest) of \(events)")
            rest = rest.dropFirst(found.map { $0 - rest.startIndex + 1 } ?? 0)
        }
        for reason in ["Queued create", "Restarted", "Stopped", "Succeeded", "Exited worker-0 exited 137"] {
            #expect(events.count { $0.hasPrefix(reason) } == 1, "\(reason) in \(events)")
        }

        let record = try await get("runs/1", service)
        #expect(record.phase.text == "succeeded")
        #expect(record.spec.bootfile.text == "killed.py")
        #expect(record.python.text?.hasPrefix(PythonVersion.current + ".") == true)
        #expect(record.platform.text?.hasPrefix("Linux-") == true)
        let replica = record.replicas[0]
        #expect(replica.id.text == "one-worker-0")
        #expect(replica.exitCode.int == 0 && replica.restartCount.int == 1)
        #expect(replica.cpuSeconds.double ?? 0 > 0.01)
        #expect(replica.peakMemory.int ?? 0 > 1 << 20)
        #expect(replica.gpuSeconds.double == 0)

        let printed = try await table("events", "default/team-a/one", of: service, in: scene)
        #expect(printed.hasPrefix("WHEN"))
        #expect(printed.contains("worker-0  Exited") && printed.contains("exited 137: killed"))
        let history = try await table("history", "default/team-a/one", of: service, in: scene)
        #expect(history.contains("worker-0 exited 137: killed") && history.contains("stopped after"))
        let runs = try await table("runs", "default/team-a/one", of: service, in: scene)
        #expect(runs.hasPrefix("RUN") && runs.split(separator: "\n").count == 2)
        let detail = try await table("runs", "default/team-a/one", "1", of: service, in: scene)
        #expect(detail.contains("one-worker-1") && detail.contains("python: \(PythonVersion.current)"))
        let text = try await table("runs", "default/team-a/one", "1", "--format", "json", of: service, in: scene)
        #expect(text.contains(#""cpuSeconds":"#))
        let absent = try await Tool.run(
            ["events", "default/team-a/ome", "--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(absent.code == 1)
        #expect(absent.text.contains("did you mean default/team-a/one"))
        try await scene.end(service)
    }

    @Test
    func `a job that can't start says so in its events, once`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let job = scene.job("exit", "0") { $0.runtime = "Python_2.7" }
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "held")
        let events = try await get("events", service).items.elements
        #expect(events.map(\.reason.text) == ["Held", "Queued"])
        #expect(events[0].message.text?.contains("no Python 2.7") == true)
        #expect(events[0].type.text == "Warning")
        try await scene.end(service)
    }
}
