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

    /// Begins to check whether the sender knows the secret.
    ///
    /// - Parameters:
    ///   - secret: the secret of both sides.
    ///   - now: the time, which a signature with a time stamp is held against.
    /// - Returns: what the body goes through, part by part as it comes; nil where no body makes the delivery genuine.
    func proof(with secret: WebhookSecret, now: Date) -> DeliveryProof? {
        switch forge.proof {
        case .digest(let fields, let prefix):
            guard let text = fields.lazy.compactMap(field).first, text.hasPrefix(prefix),
                let code = Data(hexDigits: text.dropFirst(prefix.count))
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

    /// The value of a field that is there once; twice is a trick, and as good as not at all.
    private func field(_ name: String) -> String? {
        let values = headers.filter { $0.name.canonicalName == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }
}

/// Holds the code of a body against those that a sender gave. The body is never kept: it may be large.
struct DeliveryProof {
    private let codes: [Data]
    /// Nil where the header fields alone are the proof.
    private var code: HMAC<SHA256>?

    /// The sender has given the secret itself.
    static let given = DeliveryProof()

    private init() {
        codes = []
        code = nil
    }

    /// - Parameters:
    ///   - codes: one of them must be that of the body.
    ///   - key: what the code is made with.
    ///   - prefix: what is signed before the body.
    init(codes: [Data], key: SymmetricKey, prefix: Data = Data()) {
        self.codes = codes
        var code = HMAC<SHA256>(key: key)
        code.update(data: prefix)
        self.code = code
    }

    /// Takes a part of the body, as it came: a body that was parsed and written again has another code.
    mutating func update(_ part: some DataProtocol) {
        code?.update(data: part)
    }

    /// Whether the sender knows the secret. Codes are compared in a time that does not depend on what was sent.
    var isGenuine: Bool {
        guard let code = code?.finalize() else { return true }
        return codes.contains { code == $0 }
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
