import Foundation
import TestSupport
import Testing

/// The logs of real replicas, as a client reads them over HTTP.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct LogTests {
    private static let path = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/logs"

    /// What curl gets, which goes on reading until the answer ends.
    private func curl(_ service: ServiceProcess, _ path: String, to file: String) async throws -> RunningProgram {
        try await RunningProgram(
            [
                "curl", "--silent", "--no-buffer", "--fail", "--output", file,
                "\(service.url.absoluteString.dropLast())\(path)",
            ]
        )
    }

    private func text(_ file: String) -> String? { try? String(contentsOfFile: file, encoding: .utf8) }

    @Test
    func `a log is followed while the training prints, to its end, and read again when the job is gone`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("wait", gate).text, to: scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the run is there") { try await service.request(Self.path).status == 200 }
        let file = scene.folder.path("followed")
        let client = try await curl(service, "\(Self.path)?follow=true", to: file)
        try await eventually("the log comes") { text(file) == "started wait \(gate)\n" }
        try Data().write(to: URL(fileURLWithPath: gate))
        #expect(try await client.wait() == 0)
        #expect(text(file) == "started wait \(gate)\n")

        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the job is gone") { try await service.job("one") == nil }
        let answer = try await service.request("\(Self.path)?replica=one-worker-0&run=1&tail=1")
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self) == "started wait \(gate)\n")
        let history = try await service.request(
            "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/one/history"
        ).json.items
        #expect(history.elements.map(\.action.text) == ["delete", "create"])
        #expect(history[1].phase.text == "succeeded")
        #expect(history[1].author.text == "ann@example.org")
        #expect(history[1].completionTime.text != nil)
        try await scene.end(service)
    }

    @Test
    func `the service ends in time while logs are followed, and a job's own links show nothing`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let secret = scene.folder.path("secret")
        try Data("hunter2\n".utf8).write(to: URL(fileURLWithPath: secret))
        try scene.repository.write(
            """
            import os, time
            folder = os.environ["TFJOB_REPLICA_FOLDER"]
            log = os.path.join(folder, "..", "..", os.path.basename(folder) + ".log")
            os.remove(log)
            os.symlink(os.environ["SECRET"], log)
            open(os.environ["NOTES"], "a").write("0 0 x\\n")
            time.sleep(600)
            """,
            to: "code/sly.py"
        )
        var job = scene.job("x") { $0.bootfile = "sly.py" }
        job.more = [#""environment": {"NOTES": "\#(scene.folder.path("started"))", "SECRET": "\#(secret)"}"#]
        try scene.repository.write(job.text, to: scene.path("one"))
        try await scene.repository.publish()
        try await eventually("the link is there") { try scene.starts().count == 1 }
        let answer = try await service.request(Self.path)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        for path in ["..%2F..%2Fsecret", "worker-0%2F..%2F..%2Frun.json", "worker-0.log", "..", "run.json"] {
            #expect(try await service.request("\(Self.path)?replica=\(path)").status == 404)
        }
        let clients = try await (0..<5).asyncMap { number in
            try await curl(service, "\(Self.path)?follow=true", to: scene.folder.path("client-\(number)"))
        }
        try await eventually("all are followed") {
            let metrics = try await service.request("/metrics")
            return String(decoding: metrics.body, as: UTF8.self).contains("tfjob_admin_open_streams 5\n")
        }
        let time = try await ContinuousClock().measure { try await service.stop() }
        #expect(time < promised(.seconds(10)))
        for client in clients {
            try await client.wait()
        }
        let next = try await scene.serve()
        try await scene.end(next)
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self {
            values.append(try await transform(element))
        }
        return values
    }
}
