import Crypto
import Foundation
import HTTPTypes
import Testing

@testable import RESTView

/// Deliveries against the examples that the forges publish, and against what is nearly right.
@Suite
struct SignatureTests {
    private static let secret = "It's a Secret to Everybody"
    /// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
    private static let gitHubDigits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    /// <https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks>: the body is `Hello World!`
    private static let atlassianDigits = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"

    private func isGenuine(
        _ forge: Forge,
        _ fields: [(String, String)],
        body: String = "Hello, World!",
        secret: String = SignatureTests.secret,
        at seconds: Double = 0
    ) throws -> Bool {
        var headers = HTTPFields()
        for (name, value) in fields {
            headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        let proof = Delivery(from: forge, headers: headers).proof(
            with: try WebhookSecret(Data(secret.utf8)),
            now: Date(timeIntervalSince1970: seconds)
        )
        guard var proof else { return false }
        // In parts, as a body comes.
        for byte in body.utf8 {
            proof.update(Data([byte]))
        }
        return proof.isGenuine
    }

    @Test
    func `what the forges publish is genuine`() throws {
        let digits = Self.gitHubDigits
        #expect(try isGenuine(.github, [("X-Hub-Signature-256", "sha256=\(digits)")]))
        let atlassian = [("X-Hub-Signature", "sha256=\(Self.atlassianDigits)")]
        #expect(try isGenuine(.bitbucket, atlassian, body: "Hello World!"))
        #expect(try isGenuine(.gitea, [("X-Gitea-Signature", digits)]))
        #expect(try isGenuine(.gitea, [("X-Forgejo-Signature", digits)]))
        #expect(try isGenuine(.gitea, [("X-Forgejo-Signature", digits), ("X-Gitea-Signature", digits)]))
        #expect(try isGenuine(.gitlab, [("X-Gitlab-Token", Self.secret)]))
        #expect(try isGenuine(.generic, [("X-Signature", "sha256=\(digits)")]))
        #expect(try isGenuine(.generic, [("x-signature", "sha256=\(digits.uppercased())")]))
    }

    @Test(arguments: [
        "", "sha256=", "sha256", gitHubDigits, "sha1=\(gitHubDigits)", "SHA256=\(gitHubDigits)",
        "sha256=\(atlassianDigits)",
        "sha256=\(gitHubDigits.dropLast())", "sha256=\(gitHubDigits.dropLast(2))", "sha256=\(gitHubDigits)00",
        "sha256= \(gitHubDigits)", "sha256=\(gitHubDigits)\u{FF}", "sha256=\(String(repeating: "0", count: 64))",
        "sha256=\(gitHubDigits.dropLast())8", "sha256=\(gitHubDigits),sha256=\(gitHubDigits)",
        "sha256=\(String(repeating: "g", count: 64))", "sha256=0x\(gitHubDigits.dropFirst(2))",
    ])
    func `what is nearly right is wrong`(value: String) throws {
        #expect(try !isGenuine(.github, [("X-Hub-Signature-256", value)]))
        #expect(try !isGenuine(.generic, [("X-Signature", value)]))
        #expect(try !isGenuine(.bitbucket, [("X-Hub-Signature", value)]))
        #expect(try !isGenuine(.gitlab, [("X-Gitlab-Token", value)]))
        if value != Self.gitHubDigits {
            #expect(try !isGenuine(.gitea, [("X-Gitea-Signature", value)]))
        }
    }

    @Test
    func `another body, another secret, another forge's field and a field that is there twice are refused`() throws {
        let field = ("X-Hub-Signature-256", "sha256=\(Self.gitHubDigits)")
        #expect(try !isGenuine(.github, [field], body: "Hello, World"))
        #expect(try !isGenuine(.github, [field], body: ""))
        #expect(try !isGenuine(.github, [field], secret: "It's a Secret to Everybody "))
        #expect(try !isGenuine(.github, [field, field]))
        for forge in Forge.allCases where forge != .github {
            #expect(try !isGenuine(forge, [field]), "\(forge)")
        }
        #expect(try !isGenuine(.gitea, [("X-Gitea-Signature", "00"), ("X-Forgejo-Signature", Self.gitHubDigits)]))
        #expect(try !isGenuine(.gitlab, [("X-Gitlab-Token", Self.secret + "x")]))
        #expect(try !isGenuine(.gitlab, []))
    }

    /// The values are those of the tests of <https://github.com/standard-webhooks/standard-webhooks>.
    @Test
    func `GitLab's signing token covers id, time and body`() throws {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let body = #"{"test": 2432232314}"#
        let time = 1_614_265_330.0
        let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        func isGenuine(
            _ signature: String,
            id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek",
            stamp: String = "1614265330",
            at seconds: Double = time,
            with more: [(String, String)] = []
        ) throws -> Bool {
            let fields = [("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", signature)]
            return try self.isGenuine(.gitlab, fields + more, body: body, secret: secret, at: seconds)
        }
        #expect(try isGenuine(good))
        #expect(try isGenuine("v0,x v1,AAAA \(good)"))
        #expect(try isGenuine(good, at: time + 300))
        #expect(try isGenuine(good, at: time - 300))
        #expect(try !isGenuine(good, at: time + 301))
        #expect(try !isGenuine(good, at: time - 301))
        #expect(try !isGenuine(good, id: "msg_other"))
        #expect(try !isGenuine(good, stamp: "1614265331"))
        #expect(try !isGenuine(good, stamp: "now"))
        #expect(try !isGenuine(String(good.dropFirst(3))))
        #expect(try !isGenuine("v2" + good.dropFirst(2)))
        #expect(try !isGenuine(""))
        // A wrong signature is not made good by the secret beside it.
        #expect(try !isGenuine("v1,AAAA", with: [("X-Gitlab-Token", secret)]))
    }

    @Test
    func `line breaks at the end of a secret are not part of it`() throws {
        let key = try WebhookSecret(Data("a b".utf8)).key
        for text in ["a b\n", "a b\r\n", "a b\n\n"] {
            #expect(try WebhookSecret(Data(text.utf8)).key == key)
        }
        for text in [" a b", "a b ", "a\nb\n"] {
            #expect(try WebhookSecret(Data(text.utf8)).key != key)
        }
        for text in ["", "\n", "\r\n\n"] {
            #expect(throws: RESTServiceError.self) { try WebhookSecret(Data(text.utf8)) }
        }
    }
}
