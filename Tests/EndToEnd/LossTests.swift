import Foundation
import TestSupport
import Testing

/// Stops that the service did not order.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct LossTests {
    private static func supervisors(_ scene: Scene) throws -> [Int32] {
        try scene.leftovers().compactMap { Int32($0) }.filter { pid in
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return command.range(of: Data("supervise".utf8)) != nil
        }
    }

    @Test
    func `a shutdown of the machine leaves no job running without a process`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("wait", gate).text, to: scene.path("one"))
        try scene.repository.write(
            scene.job("exit", "0") { $0.more.append(#""dependsOn": ["one"]"#) }.text,
            to: scene.path("two")
        )
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try await scene.hasBegun("one", on: service)
        // The service first: it would start the replica again.
        try await service.stop()
        for supervisor in try Self.supervisors(scene) {
            kill(supervisor, SIGTERM)
        }
        try await eventually("no process is left") { try scene.leftovers().isEmpty }

        let next = try await scene.serve()
        try await eventually("it started again") { try scene.starts().count { $0.args == "wait \(gate)" } == 2 }
        try await eventually("the loss is shown") {
            let status = try #require(try await next.job("one")?.status)
            return status.phase.text == "running" && status.reason.text == "ReplicaLost"
                && status.replicas[0].restartCount.int == 1
        }
        try Data().write(to: URL(fileURLWithPath: gate))
        try await next.job("one", reaches: "succeeded")
        try await next.job("two", reaches: "succeeded")
        try await scene.end(next)
    }

    @Test
    func `a job that kills its supervisor pauses, and fails when it has used its restarts`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        // What the pipe holds is lost with the supervisor, so the script waits until its line is in the log.
        let script = """
            import os, time
            print("started", flush=True)
            folder = os.environ["TFJOB_REPLICA_FOLDER"]
            attempt = int(folder.split("/attempt-")[1].split("/")[0])
            log = os.path.join(folder, "..", "..", os.path.basename(folder) + ".log")
            while open(log).read().count("started\\n") < attempt:
                time.sleep(0.01)
            os.kill(os.getppid(), 9)
            time.sleep(600)
            """
        try scene.repository.write(script, to: "code/parent.py")
        try scene.repository.write(
            scene.job("run") {
                $0.bootfile = "parent.py"
                $0.more.append(#""runPolicy": {"backoffLimit": 1}"#)
            }.text,
            to: scene.path("one")
        )
        try await scene.repository.publish()
        let failed = try await service.job("one", reaches: "failed")
        #expect(failed.status.reason.text == "BackoffLimitExceeded")
        #expect(failed.status.message.text?.contains("worker-0 was lost") == true)
        #expect(failed.status.replicas[0].restartCount.int == 1)
        let log = try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/logs")
        #expect(String(decoding: log.body, as: UTF8.self) == "started\nstarted\n")
        let history = try await service.request("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/history")
        #expect(String(decoding: history.body, as: UTF8.self).contains("BackoffLimitExceeded"))
        try await scene.end(service)
    }
}
