import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat

/// Takes deliveries of webhooks. All that one does is to have the repository looked at now: what it says is not even parsed.
struct WebhookRoutes {
    /// Holds the secret; nil: there are no webhooks. It is read for each delivery, so that a new secret counts at once.
    let secretFile: String?
    let logger: Logger
    let onPush: @Sendable () -> Void

    /// The longest body, in bytes: GitHub sends at most 25 MB, <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
    static let longestBody = 25 << 20

    /// Whether a delivery can be genuine at all.
    var isConfigured: Bool { secretFile != nil }

    /// Takes a delivery.
    ///
    /// - Throws: ``Problem``: 404 without a secret, 401 without a good signature, 413 for a body that is too large.
    func receive(_ request: Request, from forge: Forge) async throws -> Response {
        guard let secretFile else { throw Problem.noWebhooks }
        if let length = request.headers[.contentLength].flatMap(Int.init), length > Self.longestBody {
            throw Problem.bodyTooLarge
        }
        let delivery = Delivery(from: forge, headers: request.headers)
        guard delivery.hasProof else { throw Problem.unsigned(forge) }
        let secret = try WebhookSecret(file: secretFile)
        let proof = delivery.proof(with: secret, now: Date())
        guard let proof = try await Self.hand(request, to: proof), proof.isGenuine else {
            logger.warning("a webhook with a bad signature was refused", metadata: ["forge": "\(forge.rawValue)"])
            throw Problem.unsigned(forge)
        }
        logger.debug("a webhook says that something was pushed", metadata: ["forge": "\(forge.rawValue)"])
        onPush()
        return Response(status: .accepted, headers: [.cacheControl: "no-cache"])
    }

    /// Reads the body to its end, and keeps none of it.
    private static func hand(_ request: Request, to proof: DeliveryProof?) async throws -> DeliveryProof? {
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

    /// Says the same of a signature that is missing and of one that is wrong.
    fileprivate static func unsigned(_ forge: Forge) -> Problem {
        unauthorized(
            "the delivery is not signed with the secret of both sides, as \(forge.rawValue) does it",
            challenge: "Webhook-Signature realm=\"tfjob-admin\""
        )
    }
}
