import Foundation
import TestSupport
import Testing

/// Many clients at once leave room for a ping. `load.py` plays them.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct LoadTests {
    private func load(_ kind: String, _ count: Int, on service: ServiceProcess) async throws -> String {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("load.py")
        let port = try #require(service.url.port)
        let output = try await run(
            ["python3", script.path, "\(port)", kind, "\(count)"],
            in: "/",
            within: .seconds(900)
        )
        print("LoadTests: \(count) \(kind), slowest of 50 pings: \(output.trimmingCharacters(in: .newlines)) ms")
        return output
    }

    @Test
    func `slow senders, idle watchers and connections in a row leave pings quick`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        _ = try await load("loris", 200, on: service)
        _ = try await load("watchers", 1000, on: service)
        _ = try await load("row", sweep(500, full: 10_000).count, on: service)
        // All of them have gone, and hold nothing any more.
        try await eventually("no stream is open") {
            let metrics = try await service.request("/metrics").body
            return String(decoding: metrics, as: UTF8.self).contains("tfjob_admin_open_streams 0\n")
        }
        try await eventually("no connection is open") {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.pid)/fd").count < 100
        }
        try await scene.end(service)
    }
}
