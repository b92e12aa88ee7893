import Foundation
import Jobs
import Journal
import RESTView
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ConnectionTests {
    private static let secret = "/api/webhooks/generic"

    /// What a client sends who never comes to an end.
    private static let slow = [
        "", "GET / HTTP/1.1\r\n", "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST /api/webhooks/generic HTTP/1.1\r\nHost: localhost\r\nX-Signature: sha256=00\r\nContent-Length: 100\r\n\r\nx",
    ]

    @Test(arguments: slow)
    func `a client that does not finish its request is cut off`(text: String) async throws {
        try await RESTScene.serve(configure: { $0.patience.request = .seconds(2) }) { scene in
            let client = try await LastingRequest(sending: text, port: scene.port)
            try await eventually("the connection is closed") { client.hasEnded }
            #expect(try await scene.request("/livez").status == 200)
        }
    }

    @Test(arguments: [
        ("GET /livez HTTP/1.1\r\nX: " + String(repeating: "a", count: 20_000) + "\r\n\r\n", 431),
        ("GET /livez HTTP/1.1\r\n" + String(repeating: "X: a\r\n", count: 200) + "\r\n", 431),
        ("BAD\r\n\r\n", 400), ("GET /livez HTTP/1.1\r\nX\r\n\r\n", 400),
    ])
    func `what can't be read as a request gets a problem document, and the connection ends`(
        text: String,
        status: Int
    ) async throws {
        try await RESTScene.serve { scene in
            let client = try await LastingRequest(sending: text, port: scene.port)
            #expect(try await client.next(until: "}"))
            try await eventually("the connection is closed") { client.hasEnded }
            let answer = client.text
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.lowercased().contains("content-type: application/problem+json\r\n"), "\(answer)")
            #expect(answer.contains("\"status\":\(status),"), "\(answer)")
            #expect(try await scene.request("/livez").status == 200)
        }
    }

    @Test
    func `bytes that drip do not keep a connection`() async throws {
        try await RESTScene.serve(configure: { $0.patience.request = .seconds(2) }) { scene in
            let client = try await LastingRequest(sending: "GET /livez HTTP/1.1\r\nX: ", port: scene.port)
            try await eventually("the connection is closed") {
                try? await client.send("a")
                return client.hasEnded
            }
        }
    }

    @Test
    func `a connection that is not used is closed, and one that is used is not`() async throws {
        try await RESTScene.serve(configure: { $0.patience.idle = .seconds(3) }) { scene in
            let client = try await LastingRequest("/livez", port: scene.port)
            #expect(try await client.next(until: "ok\n"))
            try await eventually("the connection is closed") { client.hasEnded }
        }
        try await RESTScene.serve(configure: {
            $0.patience = Patience(request: .seconds(2), idle: .seconds(2), reading: .seconds(2))
            $0.heartbeat = .milliseconds(100)
        }) { scene in
            let watcher = try await Watcher(port: scene.port)
            try await eventually("it outlasts all of that") { watcher.comments > 30 }
            #expect(!watcher.request.hasEnded)
        }
    }

    @Test
    func `a client that does not take its answer is cut off`() async throws {
        try await RESTScene.serve(configure: { $0.patience.reading = .seconds(1) }) { scene in
            try await scene.add("one", .running, at: 1)
            let watcher = try await Watcher(port: scene.port)
            try await watcher.synced()
            try await watcher.request.pause()
            let large = String(repeating: "x", count: 1_000_000)
            let metrics = "tfjob_admin_open_streams 0\n"
            var number = 0
            try await eventually("it is let go") {
                number += 1
                let status = RunStatus(phase: .running, message: "\(number) \(large)")
                try await scene.journal.observe(RunID(key: RESTScene.key("one"), number: 1), status)
                return try await scene.request("/metrics").text.contains(metrics)
            }
        }
    }
}
