import Foundation
import Jobs
import Journal
import RESTView
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct JobObjectTests {
    private static let key = RESTScene.key("mnist")
    private static let run = RunID(key: key, number: 1)

    private func expect(_ name: String, _ prepare: (RESTScene) async throws -> Void) async throws {
        try await RESTScene.serve { scene in
            try await prepare(scene)
            let answer = try await scene.request("\(RESTScene.list)/mnist")
            #expect(answer.status == 200)
            try Golden.expect(answer.body, is: name)
        }
    }

    @Test(arguments: [Phase.preparing, .queued, .restarting, .suspended, .unknown])
    func `a job in a phase without more to say`(phase: Phase) async throws {
        try await expect(phase.rawValue) { scene in
            try await scene.add("mnist", phase, at: 1)
        }
    }

    @Test
    func `a job that waits has its spec and no run`() async throws {
        try await expect("pending") { scene in
            try await scene.push(Self.key, RESTScene.file(), at: 1)
        }
    }

    @Test
    func `a running job has its replicas, and null for what is not known yet`() async throws {
        try await expect("running") { scene in
            try await scene.add("mnist", .pending, at: 1, members: #""name": "Digits", "args": ["--epochs=3"],"#)
            let began = RESTScene.start.addingTimeInterval(90)
            let replica = ReplicaStatus(type: .worker, index: 0, state: .running, startTime: began, node: "here")
            let waiting = ReplicaStatus(type: .ps, index: 0, restartCount: 2)
            try await scene.journal.observe(
                Self.run,
                RunStatus(phase: .running, startTime: began, replicas: [replica, waiting])
            )
        }
    }

    @Test
    func `a job that reports its steps shows them, and null for what is not known of them`() async throws {
        try await expect("progress") { scene in
            try await scene.add("mnist", .pending, at: 1)
            let progress = RunProgress(step: 360, of: 1000, rate: 12.5, secondsLeft: 52)
            let status = RunStatus(phase: .running, progress: progress, savedStep: 300)
            try await scene.journal.observe(Self.run, status, now: RESTScene.start)
        }
        try await expect("progress-step") { scene in
            try await scene.add("mnist", .pending, at: 1)
            let status = RunStatus(phase: .running, progress: RunProgress(step: 360))
            try await scene.journal.observe(Self.run, status, now: RESTScene.start)
        }
    }

    @Test(arguments: [(Phase.succeeded, 0), (.failed, 137)])
    func `a finished job has its times and exit codes`(phase: Phase, code: Int) async throws {
        try await expect(phase.rawValue) { scene in
            try await scene.add("mnist", .running, at: 1)
            let began = RESTScene.start.addingTimeInterval(90)
            let state: ReplicaStatus.State = code == 0 ? .succeeded : .failed
            let status = RunStatus(
                phase: phase,
                reason: code == 0 ? "" : "ReplicaFailed",
                message: code == 0 ? "" : "worker-0 exited with code 137",
                startTime: began,
                completionTime: began.addingTimeInterval(3600.999),
                replicas: [ReplicaStatus(type: .worker, index: 0, state: state, startTime: began, exitCode: code)]
            )
            try await scene.journal.observe(Self.run, status)
        }
    }

    @Test
    func `a job whose file is gone is being deleted`() async throws {
        try await expect("deleting") { scene in
            try await scene.add("mnist", .running, at: 1)
            try await scene.push(Self.key, nil, at: 2)
            try await scene.journal.showPhase(.deleting, of: Self.key)
        }
    }

    @Test
    func `a file that was never valid is held, without a spec and with its issues`() async throws {
        try await expect("held") { scene in
            try await scene.push(Self.key, #"{"runtime": "Python_3.11", "bootfle": "train.py"}"#, at: 1)
            try await scene.carryOut(Self.key, .hold, at: 1, outcome: .held)
        }
    }

    @Test
    func `a job that was applied keeps its spec when its file can't be used any more`() async throws {
        try await expect("held-applied") { scene in
            try await scene.add("mnist", .running, at: 1, members: #""args": ["kept"],"#)
            try await scene.push(Self.key, "{", at: 2)
            try await scene.carryOut(Self.key, .hold, at: 2, outcome: .held)
        }
    }

    @Test
    func `what kept a change from being carried out is an issue of the job`() async throws {
        try await expect("postponed") { scene in
            try await scene.add("mnist", .running, at: 1)
            try await scene.push(Self.key, RESTScene.file(#""args": ["new"],"#), at: 2)
            try await scene.carryOut(Self.key, .replace, at: 2, outcome: .postponed("the cluster does not answer"))
        }
    }

    @Test
    func `a value that is named like a secret is masked, all else is unescaped UTF-8`() async throws {
        try await expect("masked") { scene in
            let members = #"""
                "description": "Größe </script> \u001b[31m", "environment": {"API_TOKEN": "hidden", "MONKEY": "shown"},
                """#
            try await scene.add("mnist", .running, at: 1, members: members)
            let text = try await scene.request("\(RESTScene.list)/mnist").text
            #expect(text.contains("Größe </script> \\u001b[31m"))
            #expect(!text.contains("hidden"))
        }
    }

    @Test
    func `a body is one line with sorted keys`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            let text = try await scene.request("\(RESTScene.list)/mnist").text
            #expect(text.hasPrefix(#"{"metadata":{"author":"ann@example.org","cluster":"default","commit":"0000"#))
            #expect(!text.contains("\n"))
        }
    }
}
