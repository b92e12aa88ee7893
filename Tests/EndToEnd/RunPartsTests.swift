import Foundation
import TestSupport
import Testing

/// What `status` and `history` say of a run that was suspended and resumed, and of replicas after the end.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RunPartsTests {
    private func table(_ arguments: String..., of service: ServiceProcess, in scene: Scene) async throws -> [[String]] {
        let result = try await Tool.run(
            arguments + ["--server", service.url.absoluteString],
            in: scene.repository.clone
        )
        #expect(result.code == 0, "\(result.text)")
        return result.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    private func write(_ scene: Scene, isSuspended: Bool = false) throws {
        let job = scene.job("wait", scene.folder.path("gate")) { job in
            job.more.append(#""runPolicy": {"suspend": \#(isSuspended)}"#)
        }
        try scene.repository.write(job.text, to: scene.path("one"))
    }

    /// Waits until the table shows this many seconds, or more. It rounds: half a second may be missing.
    private func waitForTime(of seconds: Int, on service: ServiceProcess, in scene: Scene) async throws {
        try await eventually("the job ran for \(seconds) s") {
            let rows = try await table("status", "default/team-a/one", of: service, in: scene)
            // The column is missing until a replica has started.
            guard let column = rows[0].firstIndex(of: "TIME") else { return false }
            return rows[1][column].wholeMatch(of: /(\d+)s/).flatMap { Int($0.1) } ?? 0 >= seconds
        }
    }

    @Test
    func `a resumed run keeps its code, and its TIME is that of its parts`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try write(scene)
        let first = try await scene.repository.publish("Add the job")
        try await waitForTime(of: 3, on: service, in: scene)
        try write(scene, isSuspended: true)
        try await scene.repository.publish("Suspend")
        let suspended = try await service.job("one", reaches: "suspended")
        let past = try #require(suspended.status.activeSeconds.double)
        #expect(past >= 2 && suspended.status.activeSince == .null)

        try scene.repository.write(
            Scene.script.replacing("{' '.join(sys.argv[1:])}", with: "other code"),
            to: "code/job.py"
        )
        let code = try await scene.repository.publish("Change the code alone")
        try await eventually("the commit is read") {
            try await service.request("/api/ping").json.repository.head.text == code
        }
        #expect(try await service.job("one")?.status.activeSeconds.double == past)
        try write(scene)
        try await scene.repository.publish("Resume")
        let resumed = try await service.job("one", reaches: "running")
        #expect(resumed.status.run.int == 1)
        #expect(resumed.status.runCommit.text == first)
        #expect(resumed.status.startTime == suspended.status.startTime)
        #expect(resumed.status.activeSeconds.double == past)
        #expect(resumed.status.activeSince != .null)
        try await eventually("both parts ran the same code") { try scene.starts().count == 2 }
        #expect(try scene.starts().map(\.args) == Array(repeating: "wait \(scene.folder.path("gate"))", count: 2))
        try await waitForTime(of: Int(past) + 3, on: service, in: scene)
        try Data().write(to: URL(fileURLWithPath: scene.folder.path("gate")))
        let done = try await service.job("one", reaches: "succeeded")
        let total = try #require(done.status.activeSeconds.double)
        #expect(total >= past + 1 && done.status.activeSince == .null)

        let history = try await table("history", "default/team-a/one", of: service, in: scene)
            .filter { $0.contains("done") }
        let columns = history.map { row in [row[2], row[5], row[6]].joined(separator: " ") }
        #expect(
            columns == [
                "resume succeeded \(Int(total))s", "suspend suspended \(Int(past))s", "create suspended \(Int(past))s",
            ]
        )
        let runs = try await table("runs", "default/team-a/one", of: service, in: scene)
        #expect(runs[1].contains("\(Int(total))s"))
        // A restart of the service forgets none of it.
        try await service.crash()
        let next = try await scene.serve()
        #expect(try await next.job("one", reaches: "succeeded").status.activeSeconds.double == total)
        try await scene.end(next)
    }

    @Test
    func `the replicas of a run that has ended do not run`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        // The parameter server takes no notice of SIGTERM.
        let script = Scene.script.replacing(
            "what = sys.argv[1]",
            with: """
                what = sys.argv[1]
                if replica.startswith("ps"):
                    import signal
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    what = "run"
                """
        )
        try scene.repository.write(script, to: "code/job.py")
        let job = scene.job("wait", gate) { job in
            job.replicas = [("worker", 1), ("ps", 1)]
            job.more.append(#""runPolicy": {"gracePeriodSeconds": 6}"#)
        }
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await eventually("both have begun") { try scene.starts().count == 2 }
        try Data().write(to: URL(fileURLWithPath: gate))
        let done = try await service.job("one", reaches: "succeeded")
        #expect(done.status.replicas.elements.map(\.status.text) == ["Succeeded", "Succeeded"])
        let rows = try await table("status", "default/team-a/one", of: service, in: scene)
        #expect(!rows.joined().contains("Running"))
        try await scene.end(service)
    }
}
