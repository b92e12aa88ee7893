import Foundation
import Glibc
import KubernetesSupport
import TestSupport
import Testing

/// The present build opens what builds of the past left.
@Suite(.serialized)
struct UpgradeTests {
    @Test(.timeLimit(.minutes(5)), arguments: UpgradeFixture.all)
    func `the state of an older build goes on: no run is restarted and none forgotten`(_ fixture: UpgradeFixture)
        async throws
    {
        try await UpgradeScene.serving { scene in
            let repository = try await fixture.restore(in: scene)
            let supervisors = try await startSupervisors(try fixture.runningReplicas(in: scene))
            let attempts = try attempts(scene)
            let service = try await scene.serve(repository)
            for cluster in UpgradeScene.clusters {
                let job = try await service.job("deleting", cluster: cluster)
                #expect(job?.status.phase.text == "deleting", "\(cluster)")
            }
            for (path, old) in try fixture.answers.sorted(by: { $0.key < $1.key }) where !path.contains("/deleting") {
                try await expect(path, of: service, isAs: old)
            }
            // Runs of older builds took their code from the commit of the file.
            for cluster in UpgradeScene.clusters {
                let job = try await service.job("running", cluster: cluster)
                #expect(job?.status.runCommit.text != nil)
                #expect(job?.status.runCommit == job?.metadata.commit)
                // Older builds did not keep the author. No push is needed to learn it.
                try await eventually("the author is known") {
                    try await service.job("running", cluster: cluster)?.metadata.author == job?.metadata.uid
                }
            }
            for id in ["running", "failed", "replaced"] {
                let log = try await service.request("\(UpgradeScene.address("default"))/\(id)/logs")
                #expect(String(decoding: log.body, as: UTF8.self) == "started\n", "the log of \(id)")
            }

            // What was being deleted goes, and what runs goes on.
            for cluster in [scene.one, scene.two] { await cluster.letGo("deleting") }
            for (folder, program) in supervisors where folder.contains("/deleting/") {
                _ = try await program.end(with: SIGKILL)
            }
            for cluster in UpgradeScene.clusters {
                try await eventually("\(cluster)/deleting is gone (\(service.log))") {
                    try await service.job("deleting", cluster: cluster) == nil
                }
                let history = try await service.request("\(UpgradeScene.address(cluster))/deleting/history").json.items
                #expect(history[0].action.text == "delete")
                #expect(history[0].result.text == "done")
            }
            for (folder, program) in supervisors where !folder.contains("/deleting/") {
                #expect(kill(program.pid, 0) == 0, "\(folder) was stopped")
            }
            #expect(try self.attempts(scene) == attempts, "a run was started again")
            for (name, cluster) in [("one", scene.one), ("two", scene.two)] {
                let old = Set(
                    try fixture.objects(name).filter { $0.kind.text == "Pod" }.compactMap(\.metadata.uid.text)
                )
                let new = Set(await cluster.objects("pods").compactMap(\.metadata.uid.text))
                #expect(new.subtracting(old).isEmpty, "\(name) has new pods")
            }
            try await end(scene, repository, service)
        }
    }

    /// Takes all jobs away: what the old build started ends by the new build's stop.
    private func end(_ scene: UpgradeScene, _ repository: String, _ service: ServiceProcess) async throws {
        let clone = scene.folder.path("clone")
        try await run(["git", "clone", "--quiet", repository, clone], in: "/")
        try await run(["git", "rm", "--quiet", "-r", "clusters"], in: clone)
        let identity = ["-c", "user.name=Ann Lee", "-c", "user.email=ann@example.org"]
        try await run(["git"] + identity + ["commit", "--quiet", "--message", "End\n\nPrune: approve"], in: clone)
        try await run(["git", "push", "--quiet", "origin", "HEAD:refs/heads/main"], in: clone)
        for cluster in UpgradeScene.clusters {
            try await eventually("\(cluster) has no jobs (\(service.log))") {
                try await service.jobs(cluster: cluster).isEmpty
            }
        }
        try await eventually("nothing of the scene runs") { try scene.leftovers().isEmpty }
        #expect(await scene.one.objects("pods").isEmpty)
        #expect(await scene.two.objects("pods").isEmpty)
        try await service.stop()
    }

    private func startSupervisors(_ folders: [String]) async throws -> [String: RunningProgram] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("supervisor.py")
        var supervisors: [String: RunningProgram] = [:]
        for folder in folders {
            let how = folder.contains("/deleting/") ? ["stubborn"] : []
            let program = try await RunningProgram(["python3", script.path, folder] + how)
            supervisors[folder] = program
            try await eventually("a supervisor is in \(folder)") {
                try JSON(try Data(contentsOf: URL(fileURLWithPath: folder + "/supervisor.json"))).process.pid.int
                    == Int(program.pid)
            }
        }
        return supervisors
    }

    /// The attempts at all runs of this machine.
    private func attempts(_ scene: UpgradeScene) throws -> Set<String> {
        Set(
            try FileManager.default.subpathsOfDirectory(atPath: scene.folder.path("state/local/runs")).filter {
                URL(fileURLWithPath: $0).lastPathComponent.hasPrefix("attempt-") && !$0.contains("/preparing/")
            }
        )
    }

    private func expect(_ path: String, of service: ServiceProcess, isAs old: JSON) async throws {
        var differences: [String] = []
        do {
            try await eventually("as before") {
                differences = Self.differences(old, try await service.request(path).json, at: "")
                return differences.isEmpty
            }
        } catch is NeverHappened {
            Issue.record("\(path) has changed: \(differences.joined(separator: "; ")) (\(service.log))")
        }
    }

    /// Where a document lacks what an older one has. A newer build may say more.
    private static func differences(_ old: JSON, _ new: JSON, at pointer: String) -> [String] {
        switch (old, new) {
        case (.object(let before), .object(let after)):
            return before.sorted { $0.key < $1.key }.flatMap { key, value in
                key == "node" ? [] : differences(value, after[key] ?? .null, at: "\(pointer)/\(key)")
            }
        case (.array(let before), .array(let after)) where before.count == after.count:
            return zip(before, after).enumerated().flatMap { index, pair in
                differences(pair.0, pair.1, at: "\(pointer)/\(index)")
            }
        default: return old == new ? [] : ["\(pointer) is \(new) and was \(old)"]
        }
    }
}
