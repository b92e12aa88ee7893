import Crypto
import Foundation
import HTTPTypes

/// One delivery of a webhook: its header fields, later its body.
struct Delivery {
    let forge: Forge
    private let headers: HTTPFields

    init(from forge: Forge, headers: HTTPFields) {
        self.forge = forge
        self.headers = headers
    }

    /// Whether there is any proof at all; without, the body need not be read.
    var hasProof: Bool {
        switch forge.proof {
        case .digest(let fields, _): fields.contains { field($0) != nil }
        case .gitLab: field("x-gitlab-token") != nil || field(StandardWebhook.signatureField) != nil
        }
    }

    /// Whether the sender knows the secret. What is secret is compared in a time that does not depend on what was sent.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came: a body that was parsed and written anew has another signature.
    ///   - secret: the secret of both sides.
    ///   - now: the time, which a signature with a time stamp is held against.
    func isGenuine(body: Data, secret: WebhookSecret, now: Date) -> Bool {
        switch forge.proof {
        case .digest(let fields, let prefix):
            guard let text = fields.lazy.compactMap(field).first, text.hasPrefix(prefix),
                let code = Data(hexDigits: text.dropFirst(prefix.count))
            else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: secret.key)
        case .gitLab:
            if let signature = field(StandardWebhook.signatureField) {
                guard let id = field("webhook-id"), let time = field("webhook-timestamp") else { return false }
                return StandardWebhook(id: id, time: time, signatures: signature)
                    .isGenuine(body: body, secret: secret, now: now)
            }
            return field("x-gitlab-token").map(secret.isEqual(to:)) ?? false
        }
    }

    /// The value of a field that is there once; twice is a trick, and as good as not at all.
    private func field(_ name: String) -> String? {
        let values = headers.filter { $0.name.canonicalName == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }
}

extension Data {
    /// Reads pairs of hexadecimal digits in either case; nil where there is anything else.
    init?(hexDigits text: Substring) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self.init(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
