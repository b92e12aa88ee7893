import Foundation
import TestSupport
import Testing

@testable import RESTView

/// What is asked for by which name, and requests that two programs could read as two things.
@Suite
struct HostTests {
    private func status(_ request: String, on scene: RESTScene) async throws -> String {
        let answer = try await RawConnection.exchange(Array(request.utf8), port: scene.port)
        #expect(
            answer.hasPrefix("HTTP/1.1 200") || answer.contains("application/problem+json"),
            "\(request): \(answer)"
        )
        #expect(answer.matches(of: /HTTP\/1\.1 \d/).count == 1, "\(request): \(answer)")
        return String(answer.dropFirst("HTTP/1.1 ".count).prefix(3))
    }

    private static let hosts = [
        ("localhost", "200"), ("LOCALHOST:8899", "200"), ("localhost.", "200"), ("127.0.0.1", "200"),
        ("127.1.2.3:1", "200"),
        ("[::1]", "200"), ("[::1]:8899", "200"), ("[::ffff:127.0.0.1]", "200"), ("rebind.example", "421"),
        ("rebind.example:8899", "421"), ("localhost.rebind.example", "421"), ("127.0.0.1.rebind.example", "421"),
        ("evil-localhost", "421"), ("10.0.0.1", "421"), ("0.0.0.0", "421"), ("127.1", "421"), ("2130706433", "421"),
        ("[::2]", "421"), ("[127.0.0.1]", "421"), ("::1", "421"), ("", "421"), ("localhost:x", "421"), (":80", "421"),
        ("localhost@evil", "400"), ("localhost, rebind.example", "400"), ("localhost/x", "400"), ("local host", "400"),
    ]

    @Test(arguments: ["/livez", "/api/ping", "/", "/metrics", RESTScene.list])
    func `without authentication only names of this machine are answered`(path: String) async throws {
        try await RESTScene.serve { scene in
            for (host, expected) in Self.hosts {
                let found = try await status(
                    "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n",
                    on: scene
                )
                #expect(found == expected, "\(host)")
            }
            for (target, expected) in [("http://localhost", "200"), ("http://rebind.example", "400")] {
                let request = "GET \(target)\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                let answered = try await status(request, on: scene)
                #expect(answered == expected, "\(target)")
            }
        }
    }

    @Test
    func `where callers sign in any name is answered`() async throws {
        let settings = try AuthScene.authentication("http://127.0.0.1:1")
        try await RESTScene.serve(configure: { $0.authentication = settings }) { scene in
            for host in ["jobs.example.org", "localhost", "10.0.0.1:80"] {
                let request = "GET /livez HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
                let answered = try await status(request, on: scene)
                #expect(answered == "200", "\(host)")
            }
        }
    }

    @Test(arguments: [
        ("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", "400"), ("GET /livez HTTP/1.0\r\n\r\n", "200"),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400"),
        ("GET /livez HTTP/1.1\r\nHost: localhost\r\nhost: rebind.example\r\n\r\n", "400"),
        ("GET /livez HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400"),
        ("GET /nothing HTTP/1.1\r\n\r\n", "400"),
        ("POST /api/webhooks/generic HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"),
    ])
    func `a request names one host`(request: String, expected: String) async throws {
        try await RESTScene.serve { scene in
            let answered = try await status(request, on: scene)
            #expect(answered == expected)
        }
    }

    private static let trailers = String(repeating: "X: \(String(repeating: "a", count: 1000))\r\n", count: 50)
    private static let bodies = [
        "FFFFFFFFFFFFFFFFF\r\nx", "10000000000000000\r\nx", "-1\r\nx", "x\r\n", "0x1\r\na\r\n0\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n",
        "1\r\na\r\n0\r\n\(trailers)\r\n", "0\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
        "0\r\n\(String(repeating: "X: a\r\n", count: 200))\r\n", "1\r\na\r\nFFFFFFFFFFFFFFFFF\r\nx",
    ]

    @Test(arguments: [
        "GET /livez", "GET \(RESTScene.list)", "POST \(RESTScene.list)", "GET /nothing", "POST /api/webhooks/generic",
    ])
    func `a body that can't be read is 400, whoever reads it`(line: String) async throws {
        let folder = try TemporaryFolder()
        let secret = folder.path("secret")
        try Data("secret".utf8).write(to: URL(fileURLWithPath: secret))
        try await RESTScene.serve(configure: { $0.webhookSecretFile = secret }) { scene in
            for body in Self.bodies {
                let proof = "X-Signature: sha256=\(String(repeating: "0", count: 64))\r\n"
                let head = "\(line) HTTP/1.1\r\nHost: localhost\r\n\(proof)Transfer-Encoding: chunked\r\n\r\n"
                let answered = try await status(head + body, on: scene)
                #expect(answered == "400", "\(body.prefix(40))")
            }
            let both =
                "\(line) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
            let answered = try await status(both, on: scene)
            #expect(answered == "400")
        }
    }

    @Test
    func `a body that nobody reads is passed over, and the next request is answered`() async throws {
        try await RESTScene.serve { scene in
            let first =
                "GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
            let second = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
            let answer = try await RawConnection.exchange(Array((first + second).utf8), port: scene.port)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.matches(of: /HTTP\/1\.1 \d/).count == 2, "\(answer)")
        }
    }
}
