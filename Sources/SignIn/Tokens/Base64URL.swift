import Foundation

/// Base64 as tokens have it, <https://www.rfc-editor.org/rfc/rfc7515#section-2>: another alphabet, and no padding.
enum Base64URL {
    /// - Returns: nil for any other character, a length that can't be, or bits at the end that stand for nothing: one token has one
    ///   spelling.
    static func decode(_ text: some StringProtocol) -> Data? {
        var standard = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): 0
            default: byte
            }
        }
        standard += Array(repeating: UInt8(ascii: "="), count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: Data(standard)), data.base64EncodedData() == Data(standard) else {
            return nil
        }
        return data
    }
}
