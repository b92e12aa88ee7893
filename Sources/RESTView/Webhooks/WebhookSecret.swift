import Crypto
import Foundation

/// What the service and the forge both know.
public struct WebhookSecret: Sendable {
    /// Why there is no secret: a sentence for the operator.
    public struct Unusable: Error, CustomStringConvertible, Sendable {
        /// The sentence.
        public let description: String
    }

    private let bytes: Data

    /// Reads a file, whole but for line breaks at its end, which editors and `echo` add.
    ///
    /// - Throws: ``Unusable`` where it can't be read, is empty, or is over 64 KiB. Nobody could tell an empty secret from none at
    ///   all, and anybody could sign with it.
    public init(file path: String) throws(Unusable) {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: Self.longest + 1)
        else {
            throw Unusable(description: "the webhook secret \(path) can't be read, or is empty")
        }
        guard data.count <= Self.longest else {
            throw Unusable(
                description: "the webhook secret \(path) is over \(Self.longest) bytes; is it the right file?"
            )
        }
        try self.init(data, path: path)
    }

    init(_ data: Data, path: String = "") throws(Unusable) {
        let lineBreaks = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        bytes = Data(data.prefix((data.lastIndex { !lineBreaks.contains($0) } ?? -1) + 1))
        guard !bytes.isEmpty else { throw Unusable(description: "the webhook secret \(path) is empty") }
    }

    private static let longest = 64 * 1024

    /// The key of a digest over the body: the bytes themselves.
    var key: SymmetricKey { SymmetricKey(data: bytes) }

    /// The key of Standard Webhooks: the bytes that stand in base64 behind `whsec_`, else the bytes themselves.
    var signingKey: SymmetricKey {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("whsec_"), let decoded = Data(base64Encoded: String(text.dropFirst(6))), !decoded.isEmpty
        else { return key }
        return SymmetricKey(data: decoded)
    }

    /// Compares with a text in a time that depends on neither: what is compared are codes under a key of the moment.
    func isEqual(to text: String) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: key)
    }
}
