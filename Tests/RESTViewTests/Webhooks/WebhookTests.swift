import Crypto
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import RESTView

/// Webhooks over a real connection.
@Suite(.timeLimit(.minutes(hangLimit)))
struct WebhookTests {
    private static let secret = "s3cret"

    private static func code(_ body: Data, secret: String = WebhookTests.secret) -> String {
        HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Data(secret.utf8)))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func headers(_ forge: Forge, body: Data, secret: String = WebhookTests.secret) -> [String: String] {
        let code = code(body, secret: secret)
        return switch forge {
        case .github: ["X-Hub-Signature-256": "sha256=\(code)"]
        case .gitlab: ["X-Gitlab-Token": secret]
        case .gitea: ["X-Gitea-Signature": code]
        case .bitbucket: ["X-Hub-Signature": "sha256=\(code)"]
        case .generic: ["X-Signature": "sha256=\(code)"]
        }
    }

    /// Serves with a secret, and counts the pushes that were told.
    private func serve(
        _ secret: String = WebhookTests.secret + "\n",
        _ body: (RESTScene, _ pushes: @Sendable () -> Int, _ secretFile: URL) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: folder.path("secret"))
        try Data(secret.utf8).write(to: file)
        let pushes = Mutex(0)
        try await RESTScene.serve(
            onPush: { pushes.withLock { $0 += 1 } },
            configure: { $0.webhookSecretFile = file.path },
            { try await body($0, { pushes.withLock { $0 } }, file) }
        )
    }

    @Test
    func `a signed delivery of each forge is a push`() async throws {
        try await serve { scene, pushes, _ in
            for (number, forge) in Forge.allCases.enumerated() {
                for body in [Data(#"{"ref":"refs/heads/main"}"#.utf8), Data([0xFF, 0x00]), Data("x".utf8)] {
                    let headers = Self.headers(forge, body: body)
                    let answer = try await scene.request(
                        "/api/webhooks/\(forge.rawValue)",
                        method: "POST",
                        headers: headers,
                        body: body
                    )
                    #expect(answer.status == 202, "\(forge)")
                    #expect(try answer.json.message.text?.contains("event, branch and commit is ignored") == true)
                }
                #expect(pushes() == 3 * (number + 1))
            }
        }
    }

    @Test
    func `a delivery that is not signed, or signed with another secret, is refused and is no push`() async throws {
        try await serve { scene, pushes, _ in
            let body = Data("{}".utf8)
            for forge in Forge.allCases {
                for headers in [[:], Self.headers(forge, body: body, secret: "other"), ["X-Signature": "sha256="]] {
                    let path = "/api/webhooks/\(forge.rawValue)"
                    let answer = try await scene.request(path, method: "POST", headers: headers, body: body)
                    #expect(answer.status == 401, "\(forge) \(headers)")
                    #expect(answer.headers["content-type"] == "application/problem+json")
                    #expect(!answer.text.contains(Self.secret))
                }
            }
            #expect(pushes() == 0)
        }
    }

    @Test
    func `a webhook is posted, and to a forge that is known`() async throws {
        try await serve { scene, pushes, _ in
            for forge in Forge.allCases {
                for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
                    let headers = Self.headers(forge, body: Data())
                    let path = "/api/webhooks/\(forge.rawValue)"
                    let answer = try await scene.request(path, method: method, headers: headers)
                    #expect(answer.status == 405)
                    #expect(answer.headers["allow"] == "POST")
                }
            }
            for path in ["/api/webhooks", "/api/webhooks/svn", "/api/webhooks/github/more", "/api/webhooks/GitHub"] {
                #expect(try await scene.request(path, method: "POST", body: Data("{}".utf8)).status == 404, "\(path)")
            }
            #expect(pushes() == 0)
        }
    }

    @Test
    func `without a secret there are no webhooks`() async throws {
        try await RESTScene.serve { scene in
            let body = Data("{}".utf8)
            for method in ["POST", "GET"] {
                let answer = try await scene.request(
                    "/api/webhooks/generic",
                    method: method,
                    headers: Self.headers(.generic, body: body, secret: ""),
                    body: method == "POST" ? body : nil
                )
                #expect(answer.status == 404)
                #expect(answer.text.contains("webhooks.secretFile"))
            }
        }
    }

    @Test
    func `a body of 25 MiB is taken, a longer one is not, whether its length is told or not`() async throws {
        try await serve { scene, pushes, _ in
            let longest = Data(repeating: 0x20, count: 25 << 20)
            for (body, status) in [(longest, 202), (longest + Data([0x20]), 413)] {
                let answer = try await scene.request(
                    "/api/webhooks/generic",
                    method: "POST",
                    headers: Self.headers(.generic, body: body),
                    body: body
                )
                #expect(answer.status == status)
                let chunk = "\(String(body.count, radix: 16))\r\n\(String(decoding: body, as: UTF8.self))\r\n0\r\n\r\n"
                let head = """
                    POST /api/webhooks/generic HTTP/1.1\r\nHost: localhost\r\nConnection: close\r
                    Transfer-Encoding: chunked\r\nX-Signature: sha256=\(Self.code(body))\r\n\r\n
                    """
                let raw = try await RawConnection.exchange(Array((head + chunk).utf8), port: scene.port)
                #expect(raw.hasPrefix("HTTP/1.1 \(status) "), "\(raw)")
            }
            #expect(pushes() == 2)
        }
    }

    @Test
    func `a new secret counts at once, and a lost one lets nobody in`() async throws {
        try await serve { scene, _, file in
            let body = Data("{}".utf8)
            func status(_ secret: String) async throws -> Int {
                let headers = Self.headers(.generic, body: body, secret: secret)
                return try await scene.request("/api/webhooks/generic", method: "POST", headers: headers, body: body)
                    .status
            }
            #expect(try await status(Self.secret) == 202)
            try Data("new".utf8).write(to: file)
            #expect(try await status(Self.secret) == 401)
            #expect(try await status("new") == 202)
            try Data("\n".utf8).write(to: file)
            #expect(try await status("") == 500)
            try FileManager.default.removeItem(at: file)
            #expect(try await status("new") == 500)
        }
    }

    @Test
    func `a thousand deliveries are all taken`() async throws {
        try await serve { scene, pushes, _ in
            let body = Data(#"{"ref":"refs/heads/main"}"#.utf8)
            let headers = Self.headers(.github, body: body)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<1000 {
                    group.addTask {
                        try await scene.request("/api/webhooks/github", method: "POST", headers: headers, body: body)
                            .status
                    }
                }
                for try await status in group {
                    #expect(status == 202)
                }
            }
            #expect(pushes() == 1000)
        }
    }
}
