import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ReloadTests {
    /// Has the service stop a job that ignores SIGTERM for its grace period of 20 s.
    private func beginLongStop(_ scene: Scene, _ service: ServiceProcess) async throws {
        try scene.repository.write(
            "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\nwhile True: time.sleep(9)\n",
            to: "code/stubborn.py"
        )
        let stubborn = scene.job {
            $0.bootfile = "stubborn.py"
            $0.more.append(#""runPolicy": {"gracePeriodSeconds": 20}"#)
        }
        try scene.repository.write(stubborn.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "deleting")
    }

    @Test
    func `SIGHUP reads the configuration again, and what runs goes on`() async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        try Data("prune: {limit: 10}\n".utf8).write(to: URL(fileURLWithPath: config))
        let service = try await scene.serve(["--config", config])
        for id in ["one", "two", "three"] {
            try scene.repository.write(scene.job("run", id).text, to: scene.path(id))
        }
        try await scene.repository.publish()
        for id in ["one", "two", "three"] {
            try await service.job(id, reaches: "running")
        }
        let starts = try await firstValue("all three have begun") { () -> [Scene.Start]? in
            let starts = try scene.starts()
            return starts.count == 3 ? starts : nil
        }

        try Data("prune: {limit: none}\n".utf8).write(to: URL(fileURLWithPath: config))
        kill(service.pid, SIGHUP)
        try await eventually("the fault is reported") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("config.yaml:1:16: prune.limit: \"none\"")
        }
        #expect(try await service.request("/api/ping").status == 200)

        try Data("prune: {limit: 1, fraction: 0}\n".utf8).write(to: URL(fileURLWithPath: config))
        kill(service.pid, SIGHUP)
        try await service.finishesReloads(1)
        try scene.repository.remove(scene.path("one"))
        try scene.repository.remove(scene.path("two"))
        try await scene.repository.publish()
        try await eventually("the new limit holds the deletes") {
            try await service.job("one")?.status.issues[0].message.text?.contains("removes 2 of the 3 jobs") == true
        }
        #expect(try scene.starts() == starts)
        #expect(starts.count { $0.isAlive } == 3)
        try await scene.end(service)
        try await service.stop()
    }

    @Test(arguments: ["state", "listen", "installation"])
    func `what a running service can't change is refused, and the old configuration stays`(key: String) async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        func write(_ values: [String: String]) throws {
            let lines = ["repository: {url: \(scene.repository.bare)}"] + values.map { "\($0.key): \($0.value)" }
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: config))
        }
        var values = ["state": scene.folder.path("state"), "listen": "127.0.0.1:0", "installation": "one"]
        try write(values)
        let service = try await ServiceProcess(configuration: config, in: scene.folder)
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let others = ["state": scene.folder.path("other"), "listen": "127.0.0.1:1", "installation": "two"]
        values[key] = others[key]
        try write(values)
        kill(service.pid, SIGHUP)
        try await eventually("it is refused") {
            try String(contentsOfFile: service.log, encoding: .utf8)
                .contains("\(key) can't change while the service runs, and the old configuration stays in force")
        }
        #expect(try await service.job("one")?.status.phase.text == "running")
        #expect(try await service.request("/metrics").text.contains("last_reload_successful 0"))
        #expect(!FileManager.default.fileExists(atPath: scene.folder.path("other")))
        try await scene.end(service)
        try await service.stop()
    }

    @Test
    func `twenty reloads refuse no connection and keep what the service counts`() async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: config))
        }
        try write("retention: {runs: 1}\n")
        let service = try await scene.serve(["--config", config])
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        let starts = try await firstValue("it has begun") { try scene.starts().isEmpty ? nil : try scene.starts() }
        let uptime = try await service.request("/api/ping").json.uptimeSeconds.int ?? 0
        let list = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"
        // A new connection for each request.
        let answers = scene.folder.path("answers")
        let loop = """
            import http.client, os, sys
            output = open(sys.argv[3], "w", buffering=1)
            while not os.path.exists(sys.argv[2]):
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
                    connection.request("GET", "/livez")
                    print(connection.getresponse().status, file=output)
                    connection.close()
                except OSError as error:
                    print(error, file=output)
            """
        let done = scene.folder.path("done")
        let port = try #require(service.url.port)
        let requests = Task { try await run(["python3", "-c", loop, "\(port)", done, answers], in: "/") }
        func codes() throws -> [Substring] {
            try String(contentsOfFile: answers, encoding: .utf8).split(separator: "\n")
        }
        let before = try await firstValue("it asks") { (try? codes())?.count }
        let events = scene.folder.path("events")
        let stream = ["curl", "--silent", "--no-buffer", "--output", events, "--max-time", "300"]
        let watch = Task {
            try await run(
                ["sh", "-c", "exec \"$@\" || true", "sh"] + stream + [
                    "\(service.url.absoluteString.dropLast())\(list)?watch=true"
                ],
                in: "/"
            )
        }
        try await eventually("the list is watched") {
            (try? String(contentsOfFile: events, encoding: .utf8).contains("event: synced")) == true
        }
        for count in 1...20 {
            try write("retention: {runs: \(count + 1)}\nlog: {level: \(count.isMultiple(of: 2) ? "info" : "debug")}\n")
            kill(service.pid, SIGHUP)
            try await service.finishesReloads(count)
        }
        try Data().write(to: URL(fileURLWithPath: done))
        _ = try await requests.value
        let codes = try codes()
        #expect(codes.count >= before + 20)
        #expect(Set(codes) == ["200"])
        #expect(try await service.request("/api/ping").json.uptimeSeconds.int ?? -1 >= uptime)
        let metrics = try await service.request("/metrics").text
        let counted = metrics.firstMatch(of: /http_requests_total\{route="\/livez",method="GET",status="200"\} (\d+)/)
        #expect(counted.flatMap { Int($0.1) } == codes.count)
        #expect(metrics.contains("tfjob_admin_last_reload_successful 1"))
        #expect(try scene.starts() == starts)
        // The reconciler of now follows the branch and the runs, and the stream is still open.
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("two"))
        try await scene.repository.publish()
        try await service.job("two", reaches: "succeeded")
        try await eventually("the stream tells of the new job") {
            let text = try String(contentsOfFile: events, encoding: .utf8)
            return text.contains(#""id":"two""#) && text.components(separatedBy: "event: synced").count == 2
        }
        try await scene.end(service)
        try await service.stop()
        _ = try await watch.value
    }

    @Test
    func `a reload puts another branch, clusters and access in force`() async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        func reload(_ lines: String, _ count: Int, _ service: ServiceProcess?) async throws {
            let text = "state: \(scene.folder.path("state"))\nlisten: 127.0.0.1:0\n\(lines)\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: config))
            guard let service else { return }
            kill(service.pid, SIGHUP)
            try await service.finishesReloads(count)
        }
        let url = scene.repository.bare
        try await reload("repository: {url: \(url), branch: main}", 0, nil)
        let service = try await ServiceProcess(configuration: config, in: scene.folder)
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try scene.repository.write(scene.job("run").text, to: scene.path("two"))
        try await scene.repository.commit()
        try await scene.repository.push("other")

        try await reload("repository: {url: \(url), branch: other}", 1, service)
        try await service.job("two", reaches: "running")
        #expect(try await service.request("/api/ping").json.repository.branch.text == "other")

        // The branch before is free for others, and the one of now is taken.
        let arguments = [
            "serve", "--repository", url, "--state", scene.folder.path("second"), "--listen", "127.0.0.1:0",
        ]
        let refused = try await Tool.run(arguments + ["--branch", "other"], in: "/")
        #expect(refused.code == 1 && refused.text.contains("serves the branch other"), "\(refused)")

        // A cluster that is not configured any more holds its jobs, and what runs goes on.
        try await reload("repository: {url: \(url), branch: other}\nclusters: {gpu: {backend: local}}", 2, service)
        try scene.repository.write(scene.job("run").text, to: scene.path("three"))
        try await scene.repository.commit()
        try await scene.repository.push("other")
        try await eventually("the cluster is not configured") {
            let message = try await service.job("three")?.status.issues.elements.first?.message.text
            return message?.contains("not configured") == true
        }
        #expect(try scene.starts().count { $0.isAlive } == 2)

        let secret = scene.folder.path("secret")
        try Data("s3cret\n".utf8).write(to: URL(fileURLWithPath: secret))
        // Whoever watches may have no right to any more.
        let ended = scene.folder.path("ended")
        let list = "\(service.url)api/v1alpha1/clusters/default/partitions/team-a/tfjobs?watch=true"
        let script = "curl --silent --no-buffer --max-time 200 \"$0\" >\"$1\"; echo >\"$2\""
        let watch = Task { try await run(["sh", "-c", script, list, scene.folder.path("events"), ended], in: "/") }
        try await eventually("the list is watched") {
            (try? String(contentsOfFile: scene.folder.path("events"), encoding: .utf8).contains("synced")) == true
        }
        let access = "auth: {trustedProxies: [10.0.0.0/8]}\nwebhooks: {secretFile: \(secret)}"
        try await reload("repository: {url: \(url), branch: other}\n\(access)", 3, service)
        try await eventually("the watch is over") { FileManager.default.fileExists(atPath: ended) }
        _ = try await watch.value
        #expect(try await service.request("/api/v1alpha1/clusters").status == 401)
        #expect(try await service.request("/api/webhooks/generic", method: "POST").status == 401)
        try await reload("repository: {url: \(url), branch: other}", 4, service)
        #expect(try await service.request("/api/v1alpha1/clusters").status == 200)
        #expect(try await service.request("/api/webhooks/generic", method: "POST").status == 404)
        try await reload("repository: {url: \(url), branch: main}\nprune: {limit: 100}", 5, service)
        try await scene.end(service)
    }

    @Test
    func `a reload waits for no long stop: the program starts again, and the stop goes on`() async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        try Data("retention: {runs: 1}\n".utf8).write(to: URL(fileURLWithPath: config))
        let service = try await scene.serve(["--config", config])
        try await beginLongStop(scene, service)
        try Data("retention: {runs: 2}\n".utf8).write(to: URL(fileURLWithPath: config))
        kill(service.pid, SIGHUP)
        try await eventually("the program has restarted") {
            try String(contentsOfFile: service.log, encoding: .utf8).matches(of: /url=http/).count == 2
        }
        let restarted = try service.afterRestart()
        try await eventually("the delete is carried out") { try await restarted.job("one") == nil }
        try await eventually("nothing is left") { try scene.leftovers().isEmpty }
        try await service.stop()
    }

    @Test
    func `a stop ends within five seconds, also in the middle of a slow action`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try await beginLongStop(scene, service)
        let begin = ContinuousClock.now
        let code = try await service.stop()
        #expect(code == 0)
        // The service stops within 5 s. The script would keep it for its 20 s of grace, and a busy machine takes a little longer.
        #expect(ContinuousClock.now - begin < promised(.seconds(12)))
        let again = try await scene.serve()
        try await eventually("the delete is carried out") { try await again.job("one") == nil }
        try await eventually("nothing is left") { try scene.leftovers().isEmpty }
        try await again.stop()
    }
}

extension ServiceProcess {
    /// Waits until so many reloads have changed the configuration.
    fileprivate func finishesReloads(_ count: Int) async throws {
        try await eventually("reload \(count) is over") {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            return text.components(separatedBy: "the new configuration is in force").count - 1 >= count
        }
    }
}
