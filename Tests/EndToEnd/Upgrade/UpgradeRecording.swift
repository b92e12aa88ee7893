import Foundation
import KubernetesSupport
import TestSupport
import Testing

/// Makes a fixture for ``UpgradeTests``; called by `Tests/Fixtures/make`.
struct UpgradeRecording {
    private static let name = ProcessInfo.processInfo.environment["TFJOB_ADMIN_RECORD_FIXTURE"]

    @Test(.enabled(if: name != nil), .timeLimit(.minutes(5)))
    func `what a build leaves is recorded`() async throws {
        let fixture = UpgradeFixture(try #require(Self.name))
        try await UpgradeScene.serving { scene in
            let repository = try await JobsRepository(in: scene.folder)
            // Nothing of this machine's environment belongs into a fixture.
            let wrapper = ["env", "-i", "PATH=/usr/bin:/bin"]
            let service = try await scene.serve(repository.bare, wrapper: wrapper)
            try await push(to: repository, scene, service)
            var answers: [String: Data] = [:]
            for cluster in UpgradeScene.clusters {
                let list = UpgradeScene.address(cluster)
                for job in try await service.jobs(cluster: cluster) {
                    let path = "\(list)/\(job.metadata.id.text ?? "")"
                    answers[path] = try await service.request(path).body
                    answers["\(path)/history"] = try await service.request("\(path)/history").body
                }
            }
            try await service.crash()
            try await fixture.record(scene, repository: repository, answers: answers)
            for pid in try scene.leftovers() { kill(pid, SIGKILL) }
            try await eventually("nothing of the scene runs") {
                for pid in try scene.leftovers() { kill(pid, SIGKILL) }
                return try scene.leftovers().isEmpty
            }
        }
    }

    private func push(to repository: JobsRepository, _ scene: UpgradeScene, _ service: ServiceProcess) async throws {
        try repository.write(Self.script, to: "code/job.py")
        for (cluster, ids) in Self.jobs {
            for id in ids { try repository.write(Self.text(id), to: UpgradeScene.path(cluster, id)) }
        }
        try await repository.publish("Add the jobs")
        for (cluster, ids) in Self.jobs {
            for id in ids { try await expect(id, on: cluster, is: Self.firstPhase(id, cluster), service) }
        }

        for (cluster, ids) in Self.jobs where ids.contains("suspended") {
            let text = Self.text("suspended", #""runPolicy": {"suspend": true}"#)
            try repository.write(text, to: UpgradeScene.path(cluster, "suspended"))
        }
        try repository.write(
            Self.text("replaced", #""args": ["run", "2"]"#),
            to: UpgradeScene.path("default", "replaced")
        )
        try repository.write(
            Self.text("described", #""description": "2""#),
            to: UpgradeScene.path("default", "described")
        )
        try await repository.publish("Change some")
        for (cluster, ids) in Self.jobs where ids.contains("suspended") {
            try await expect("suspended", on: cluster, is: "suspended", service)
        }
        try await firstValue("the job is replaced") {
            let job = try await service.job("replaced")
            return job?.status.run.int == 2 && job?.status.phase.text == "running" ? true : nil
        }

        // A delete that is held, as the branch is rewritten. The old commit stays in the bundle.
        try await repository.git("push", "--quiet", "origin", "HEAD:refs/old/1")
        try repository.remove(UpgradeScene.path("default", "kept"))
        try await repository.git("add", "--all")
        try await repository.git("commit", "--quiet", "--amend", "--message", "Change some, and remove one")
        try await repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
        try await eventually("the delete is held") {
            try await service.job("kept")?.status.issues.elements.isEmpty == false
        }

        for cluster in [scene.one, scene.two] { await cluster.hold("deleting") }
        for cluster in Self.jobs.keys { try repository.remove(UpgradeScene.path(cluster, "deleting")) }
        try await repository.publish("Remove another")
        for cluster in Self.jobs.keys { try await expect("deleting", on: cluster, is: "deleting", service) }
    }

    private func expect(_ id: String, on cluster: String, is phase: String, _ service: ServiceProcess) async throws {
        var status = JSON.null
        do {
            try await eventually("\(cluster)/\(id) is \(phase)") {
                status = try await service.job(id, cluster: cluster)?.status ?? .null
                return status.phase.text == phase
            }
        } catch {
            throw NeverHappened(description: "\(error): \(status)")
        }
    }

    private static let jobs = [
        "default": [
            "running", "replaced", "described", "succeeded", "failed", "queued", "preparing", "suspended", "held",
            "kept",
            "deleting",
        ],
        "one": ["running", "succeeded", "failed", "queued", "preparing", "suspended", "held", "deleting"],
        "two": ["running", "succeeded", "failed", "suspended", "deleting"],
    ]

    private static func firstPhase(_ id: String, _ cluster: String) -> String {
        switch id {
        case "succeeded", "failed", "queued", "preparing", "held": id
        default: "running"
        }
    }

    private static func text(_ id: String, _ more: String...) -> String {
        guard id != "held" else { return #"{"runtime": "Python_3.11", "conut": 1}"# + "\n" }
        var members = more
        let what = ["succeeded": "exit 0", "failed": "exit 7", "deleting": "stubborn"][id] ?? "run"
        if !more.contains(where: { $0.hasPrefix(#""args""#) }) {
            members.append(#""args": ["\#(what.split(separator: " ").joined(separator: #"", ""#))"]"#)
        }
        members.append(#""runtime": "\#(id == "preparing" ? "Python_3.9+Tensorflow_2.15.0" : "Python_3.11")""#)
        members.append(#""workdir": "code", "bootfile": "job.py""#)
        let count = id == "running" ? 2 : 1
        members.append(#""type": "worker", "count": \#(count), "cpu": "0.100", "memory": "64Mi", "gpu": "0""#)
        if id == "queued" { members.append(#""dependsOn": ["running"]"#) }
        return "{\n  " + members.joined(separator: ",\n  ") + "\n}\n"
    }

    private static let script = """
        import signal, sys, time
        if sys.argv[1] == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("started", flush=True)
        while sys.argv[1] != "exit":
            time.sleep(60)
        sys.exit(int(sys.argv[2]))

        """
}
