import Foundation
import Jobs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct FuzzTests {
    private static let seeds: [[UInt8]] = [
        "/", "/api/ping", "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/mnist",
        "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs?limit=5&q=a&sort=id&continue=eyJpZCI6ImEifQ",
        "http://other.example/api/ping?x", "*", "//api//ping", "/../../etc/passwd", "/%2e%2e/%2fetc%00",
    ].map { Array($0.utf8) }

    private static let texts: [String] = [
        "%", "%00", "%2F", "%FF", "%C3%28", "..", "/", "//", "?", "&", "=", "#", "%25", "+", "\u{202E}", "'", "\"", "<",
        "&limit=0", "limit=5000", "{", "\\", "%0d%0a", ";", "~", String(repeating: "a", count: 3000),
    ]

    private static let tokens: [[UInt8]] = texts.map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80], [0x7F], [0x01]]

    private func path(_ generator: inout SeededGenerator) -> [UInt8] {
        var path = Self.seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...path.count, using: &generator)
            if Bool.random(using: &generator) {
                path.insert(contentsOf: Self.tokens.randomElement(using: &generator) ?? [], at: place)
            } else if place < path.count {
                path[place] = UInt8.random(in: 0x21...0xFF, using: &generator)
            }
        }
        return path
    }

    @Test
    func `no path makes the service fail, and it lives on`() async throws {
        let seed = SeededGenerator.seed
        print("FuzzTests: TEST_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        let isFull = ProcessInfo.processInfo.environment["TFJOB_ADMIN_TESTS_FULL"] == "1"
        try await RESTScene.serve { scene in
            try await scene.add("mnist", .running, at: 1)
            for _ in 0..<(isFull ? 20_000 : 1000) {
                let path = path(&generator)
                let method = ["GET", "HEAD", "PUT", "OPTIONS"].randomElement(using: &generator) ?? "GET"
                let shown = "\(method) \(String(decoding: path, as: UTF8.self)) with TEST_SEED=\(seed)"
                let answer = try #require(
                    try await RawConnection.get(path, method: method, port: scene.port),
                    "\(shown) got no answer"
                )
                #expect([200, 400, 404, 405, 421].contains(answer.status), "\(shown) got \(answer.status)")
                #expect(!answer.rest.contains("root:"), "\(shown)")
            }
            #expect(try await scene.request("/livez").status == 200)
        }
    }

    @Test
    func `a header that is too large is refused, and the next request answered`() async throws {
        try await RESTScene.serve { scene in
            let large = "X: \(String(repeating: "a", count: 20_000))\r\n"
            for header in [large, String(repeating: "X: a\r\n", count: 200)] {
                let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\(header)Connection: close\r\n\r\n"
                let answer = try await RawConnection.exchange(Array(request.utf8), port: scene.port)
                #expect(answer.hasPrefix("HTTP/1.1 4") || answer.isEmpty, "\(answer)")
            }
            #expect(try await scene.request("/livez").status == 200)
        }
    }
}
