import Foundation
import TestSupport
import Testing

/// A state folder that can't be written: told in `ping`, nothing stopped, no exit code lost, and it heals.
@Suite(.timeLimit(.minutes(hangLimit)))
struct StateFaultTests {
    private func ping(_ service: ServiceProcess) async throws -> JSON {
        try await service.request("/api/ping").json
    }

    @Test
    func `a full disk is told, stops nothing, loses no exit code, and heals`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: PrivateDisk.command(at: state, megabytes: 16)
        )
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try scene.repository.write(scene.job("wait", gate, "ends").text, to: scene.path("ends"))
        try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await service.job("ends", reaches: "running")
        try await scene.hasBegun("stays", on: service)
        try await scene.hasBegun("ends", on: service)
        let stays = try await firstValue("it noted its start") {
            try scene.starts().first { $0.args == "run stays" }
        }
        let disk = PrivateDisk(of: service.pid, at: state)
        try disk.fill()
        try Data().write(to: URL(fileURLWithPath: gate))
        try scene.repository.write(scene.job("run", "new").text, to: scene.path("new"))
        let commit = try await scene.repository.publish()
        try await eventually("ping says so") {
            let ping = try await ping(service)
            return ping.status.text == "degraded" && ["low", "unwritable"].contains(ping.state.error.text)
        }
        try await eventually("the log says so") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("the disk of the state folder is full")
        }
        #expect(stays.isAlive)
        #expect(try await service.job("stays")?.status.phase.text == "running")
        // Something else takes what the service had kept for itself too.
        try await eventually("not even the service's own room is left") {
            try disk.fill()
            return try await ping(service).state.writable == .bool(false)
        }
        let late = try await scene.repository.publish("Nothing new")
        let wait = ["wait", late, "--timeout", "3s", "--server", service.url.absoluteString]
        let waiting = try await Tool.run(wait, in: scene.repository.clone)
        #expect(waiting.code == 1)
        #expect(
            waiting.text.hasPrefix(
                "tfjob-admin: the service can't write its state folder (disk full); the commit waits\n"
            ),
            "\(waiting.text)"
        )

        try disk.empty()
        try await service.job("new", reaches: "running", run: 1)
        // After so many failures the next look may be half a minute away.
        let ended = try await service.job("ends", reaches: "succeeded", run: 1, within: .seconds(120))
        #expect(ended.status.replicas[0].exitCode.int == 0)
        try await eventually("all is well") { try await ping(service).status.text == "ok" }
        try await eventually("the commit is applied") {
            try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied"
        }
        #expect(stays.isAlive)
        #expect(try scene.starts().count { $0.args.hasPrefix("wait") } == 1)
        try await scene.end(service)
    }

    @Test
    func `a log that fills the disk leaves room for the push that removes its job`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: PrivateDisk.command(at: state, megabytes: 64)
        )
        try scene.repository.write("while True: print('x' * 4000)\n", to: "code/loud.py")
        try scene.repository.write(scene.job { $0.bootfile = "loud.py" }.text, to: scene.path("loud"))
        try await scene.repository.publish()
        try await service.job("loud", reaches: "running")
        try await eventually("ping warns, and the state can be written") {
            let ping = try await ping(service)
            return ping.status.text == "degraded" && ping.state.error.text == "low"
                && ping.state.writable == .bool(true)
        }
        try await eventually("the log stops growing") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("the disk of the state folder is full")
        }
        let metrics = try await service.request("/metrics").text
        #expect(metrics.contains("tfjob_admin_state_writable 1\n"))
        let free = try #require(metrics.firstMatch(of: /state_free_bytes (\d+)/).flatMap { Int($0.1) })
        #expect(free > 0 && free <= 5 << 20)
        // What uses the rest of the disk is not ours: the reserve is all that there is.
        let disk = PrivateDisk(of: service.pid, at: state)
        try disk.fill()
        try scene.repository.write(scene.job("run").text, to: scene.path("new"))
        try await scene.repository.publish("Add a job")
        try await eventually("a new run waits for room") {
            try await service.job("new")?.status.message.text?.contains("the disk of the state folder is full") == true
        }
        try scene.repository.remove(scene.path("loud"))
        let commit = try await scene.repository.publish("Remove the loud job")
        try await eventually("the push is carried out") { try await service.job("loud") == nil }
        try disk.empty()
        try await service.job("new", reaches: "running")
        let wait = ["wait", commit, "--server", service.url.absoluteString]
        #expect(try await Tool.run(wait, in: scene.repository.clone).code == 0)
        try await scene.end(service)
    }

    @Test
    func `a service on a full disk stops in time`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: PrivateDisk.command(at: state, megabytes: 16)
        )
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        try PrivateDisk(of: service.pid, at: state).fill()
        try scene.repository.write(scene.job("exit", "1").text, to: scene.path("two"))
        try await scene.repository.publish()
        try await eventually("ping says so") { try await ping(service).status.text == "degraded" }
        let begin = ContinuousClock.now
        #expect(try await service.stop() == 0)
        #expect(ContinuousClock.now - begin < promised(.seconds(8)))
    }

    @Test
    func `a service in the middle of indexing a large repository stops in time, and the next one goes on`() async throws
    {
        let scene = try await Scene()
        for number in 0..<3000 {
            let job = scene.job("exit", "0") { $0.more = [#""runPolicy": {"suspend": true}"#] }
            try scene.repository.write(job.text, to: scene.path("job-\(number)"))
        }
        let commit = try await scene.repository.publish()
        let service = try await scene.serve()
        let begin = ContinuousClock.now
        #expect(try await service.stop() == 0)
        // Five seconds, and what a busy machine adds: 5 s more were seen.
        #expect(ContinuousClock.now - begin < promised(.seconds(15)))
        let again = try await scene.serve()
        try await eventually("the commit is taken in") {
            try await ping(again).reconcile.lastAttempted.text == commit
        }
        try await again.crash()
    }

    @Test
    func `a state folder that can't be written at the start is told with its path`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        try Data().write(to: URL(fileURLWithPath: state))
        let log = scene.folder.path("log")
        let service = try await RunningProgram(
            [BuiltExecutable.path, "serve", "--repository", scene.repository.bare, "--state", state],
            log: log
        )
        #expect(try await service.wait() == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("the state folder \(state) can't be"))
    }

    @Test
    func `a burst of deliveries is joined into a few fetches, and the newest push wins`() async throws {
        let scene = try await Scene()
        let secret = scene.folder.path("webhook-secret")
        try Data("s3cret\n".utf8).write(to: URL(fileURLWithPath: secret))
        let config = scene.folder.path("config.yaml")
        try Data("repository: {interval: 1h}\nwebhooks: {secretFile: \(secret)}\n".utf8)
            .write(to: URL(fileURLWithPath: config))
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let url = "http://127.0.0.1:\(server.plainPort)/open/jobs.git"
            let service = try await ServiceProcess(repository: url, in: scene.folder, extra: ["--config", config])
            try await eventually("the first fetch is done") { try await ping(service).repository.lastFetch.text != nil }
            for number in 1...3 {
                try scene.repository.write(scene.job("run", "\(number)").text, to: scene.path("one"))
                try await scene.repository.publish()
            }
            let before = try await server.requests().count { $0.contains("/info/refs") }
            let script = """
                body='{"ref": "refs/heads/main"}'
                code=$(printf %s "$body" | openssl dgst -sha256 -hmac s3cret -r | cut -d ' ' -f 1)
                curl --silent --output /dev/null --parallel --parallel-max 50 --data "$body" \
                  --header "X-Signature: sha256=$code" "${URL%/}/api/webhooks/generic?[1-500]"
                """
            _ = try await run(
                ["bash", "-c", script],
                in: scene.folder.url.path,
                environment: ["URL": service.url.absoluteString]
            )
            try await eventually("the newest push runs") { try scene.starts().contains { $0.args == "run 3" } }
            let fetches = try await server.requests().count { $0.contains("/info/refs") } - before
            // One at a time, and at most one waiting: as many as fit one after the other into the burst.
            #expect(fetches >= 1 && fetches < 250, "\(fetches) fetches for 500 deliveries")
            print("StateFaultTests: 500 deliveries, \(fetches) fetches")
            try await service.stop()
            let end = try await ServiceProcess(repository: scene.repository.bare, in: scene.folder)
            try await scene.end(end)
        }
    }
}
