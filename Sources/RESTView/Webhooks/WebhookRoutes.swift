import Crypto
import Foundation
import Hummingbird
import Journal
import Logging
import NIOCore
import NIOFoundationCompat

/// Receives webhooks. A genuine delivery starts a fetch; its body is not even parsed.
struct WebhookRoutes {
    /// The file with the secret; nil: webhooks are off. It is read for each delivery, so a new secret counts at once.
    let secretFile: String?
    let measurements: Measurements
    let logger: Logger
    let onPush: @Sendable () -> Void

    /// The longest body, in bytes: GitHub sends at most 25 MB, <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
    static let longestBody = 25 << 20

    /// Whether webhooks are on.
    var isConfigured: Bool { secretFile != nil }

    /// Checks a delivery, and reports the push.
    ///
    /// - Throws: ``Problem``: 404 without a secret, 401 without a good signature, 413 for a body that is too large.
    func receiveDelivery(_ call: Call) async throws -> Response {
        guard let secretFile, let forge = call.parameters.forge else { throw Problem.noWebhooks }
        let request = call.request
        if let length = request.headers[.contentLength].flatMap(Int.init), length > Self.longestBody {
            throw Problem.bodyTooLarge
        }
        let delivery = Delivery(from: forge, headers: request.headers)
        guard delivery.hasProof else {
            measurements.recordWebhook(forge: forge.rawValue, isAccepted: false)
            throw Problem.unsigned(forge)
        }
        let secret = try WebhookSecret(file: secretFile)
        let proof = delivery.proof(with: secret, now: Date())
        guard let proof = try await Self.feedBody(of: request, to: proof), proof.isGenuine else {
            measurements.recordWebhook(forge: forge.rawValue, isAccepted: false)
            logger.warning("a webhook with a bad signature was refused", metadata: ["forge": "\(forge.rawValue)"])
            throw Problem.unsigned(forge)
        }
        logger.debug("a webhook says that something was pushed", metadata: ["forge": "\(forge.rawValue)"])
        measurements.recordWebhook(forge: forge.rawValue, isAccepted: true)
        onPush()
        return Response(status: .accepted, document: try JSONDocument(Receipt()).data)
    }

    /// The body of the answer. Forges show it in their lists of deliveries.
    private struct Receipt: Encodable {
        let message =
            """
            the repository is checked now; what the delivery says of event, branch and commit is ignored, because git knows it
            """
    }

    /// Reads the body to its end, and keeps none of it.
    private static func feedBody(of request: Request, to proof: DeliveryProof?) async throws -> DeliveryProof? {
        var proof = proof
        var size = 0
        for try await part in request.body {
            size += part.readableBytes
            guard size <= longestBody else { throw Problem.bodyTooLarge }
            proof?.update(part.readableBytesView)
        }
        return proof
    }
}

extension Problem {
    static let noWebhooks = notFound("webhooks are not configured here: webhooks.secretFile is not set")

    fileprivate static let bodyTooLarge = contentTooLarge(
        "a webhook's body is at most \(WebhookRoutes.longestBody) bytes"
    )

    /// A missing and a wrong signature get the same answer.
    fileprivate static func unsigned(_ forge: Forge) -> Problem {
        unauthorized(
            "the delivery is not signed with the secret of both sides, as \(forge.rawValue) does it",
            challenge: "Webhook-Signature realm=\"tfjob-admin\""
        )
    }
}

/// The secret that the service shares with a forge.
public struct WebhookSecret: Sendable {
    private let bytes: Data

    /// Reads a file without the line breaks at its end, which editors and `echo` add.
    ///
    /// - Throws: ``RESTServiceError`` if the file can't be read, is empty, or is over 64 KiB. Anybody could sign with an empty
    ///   secret.
    public init(file path: String) throws(RESTServiceError) {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: Self.longest + 1)
        else {
            throw RESTServiceError("the webhook secret \(path) can't be read, or is empty")
        }
        guard data.count <= Self.longest else {
            throw RESTServiceError(
                "the webhook secret \(path) is over \(Self.longest) bytes; is it the right file?"
            )
        }
        try self.init(data, path: path)
    }

    init(_ data: Data, path: String = "") throws(RESTServiceError) {
        let lineBreaks = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        bytes = Data(data.prefix((data.lastIndex { !lineBreaks.contains($0) } ?? -1) + 1))
        guard !bytes.isEmpty else { throw RESTServiceError("the webhook secret \(path) is empty") }
    }

    private static let longest = 64 * 1024

    /// The key of a digest over the body: the bytes themselves.
    var key: SymmetricKey { SymmetricKey(data: bytes) }

    /// The key of Standard Webhooks: the bytes after `whsec_`, which are in base64, or else the bytes themselves.
    var signingKey: SymmetricKey {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("whsec_"), let decoded = Data(base64Encoded: String(text.dropFirst(6))), !decoded.isEmpty
        else { return key }
        return SymmetricKey(data: decoded)
    }

    /// Compares the secret with a text in constant time, by comparing their codes under a random key.
    func isEqual(to text: String) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: key)
    }
}
