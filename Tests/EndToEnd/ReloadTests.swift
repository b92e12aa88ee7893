import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ReloadTests {
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
        try await eventually("it starts anew") {
            try String(contentsOfFile: service.log, encoding: .utf8).matches(of: /url=http/).count == 2
        }
        let anew = try service.announcedAnew()
        try scene.repository.remove(scene.path("one"))
        try scene.repository.remove(scene.path("two"))
        try await scene.repository.publish()
        try await eventually("the new limit holds the deletes") {
            try await anew.job("one")?.status.issues[0].message.text?.contains("removes 2 of the 3 jobs") == true
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
    func `a stop ends within five seconds, also in the middle of a slow action`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
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
