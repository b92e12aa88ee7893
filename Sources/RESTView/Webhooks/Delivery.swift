import Crypto
import Formats
import Foundation
import HTTPTypes

/// The header fields of a webhook's delivery.
struct Delivery {
    let forge: Forge
    private let headers: HTTPFields

    init(from forge: Forge, headers: HTTPFields) {
        self.forge = forge
        self.headers = headers
    }

    /// Whether the delivery contains a proof. Without one the body is not read.
    var hasProof: Bool {
        switch forge.proof {
        case .digest(let fields, _): fields.contains { field($0) != nil }
        case .gitLab: field("x-gitlab-token") != nil || field(StandardWebhook.signatureField) != nil
        }
    }

    /// Begins to check whether the sender knows the secret.
    ///
    /// - Parameters:
    ///   - secret: the shared secret.
    ///   - now: the current time, for signatures with a time stamp.
    /// - Returns: the check for the body; nil if the delivery is forged whatever its body.
    func proof(with secret: WebhookSecret, now: Date) -> DeliveryProof? {
        switch forge.proof {
        case .digest(let fields, let prefix):
            guard let text = fields.lazy.compactMap(field).first, text.hasPrefix(prefix),
                let code = [UInt8](hexadecimal: text.dropFirst(prefix.count)).map({ Data($0) })
            else { return nil }
            return DeliveryProof(codes: [code], key: secret.key)
        case .gitLab:
            if let signature = field(StandardWebhook.signatureField) {
                guard let id = field("webhook-id"), let time = field("webhook-timestamp") else { return nil }
                return StandardWebhook(id: id, time: time, signatures: signature).proof(with: secret, now: now)
            }
            guard field("x-gitlab-token").map(secret.isEqual(to:)) ?? false else { return nil }
            return .given
        }
    }

    /// The value of a field that occurs exactly once. A repeated field counts as missing, since it may be a trick.
    private func field(_ name: String) -> String? {
        let values = headers.filter { $0.name.canonicalName == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }
}

/// Compares the code of a body with those that the sender gave. The body may be large, so it is not kept.
struct DeliveryProof {
    private let codes: [Data]
    /// Nil if the header fields alone are the proof.
    private var code: HMAC<SHA256>?

    /// The proof of a sender that gave the secret itself.
    static let given = DeliveryProof()

    private init() {
        codes = []
        code = nil
    }

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - codes: the codes that the sender gave, of which one must be the body's.
    ///   - key: the key of the code.
    ///   - prefix: the bytes that are signed before the body.
    init(codes: [Data], key: SymmetricKey, prefix: Data = Data()) {
        self.codes = codes
        var code = HMAC<SHA256>(key: key)
        code.update(data: prefix)
        self.code = code
    }

    /// Adds the next part of the body, with its original bytes.
    mutating func update(_ part: some DataProtocol) {
        code?.update(data: part)
    }

    /// Whether the sender knows the secret. Codes are compared in constant time.
    var isGenuine: Bool {
        guard let code = code?.finalize() else { return true }
        return codes.contains { code == $0 }
    }
}
