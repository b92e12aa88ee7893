public import Foundation

/// Base64 with the URL-safe alphabet and without padding, <https://www.rfc-editor.org/rfc/rfc7515#section-2>.
public enum Base64URL {
    /// Encodes the bytes.
    public static func encode(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Decodes the canonical encoding of some bytes, and nothing else: each value has one spelling.
    ///
    /// - Returns: nil for a character outside the alphabet, an impossible length, or unused bits that are not zero.
    public static func decode(_ text: some Sequence<UInt8>) -> Data? {
        var standard = text.map { byte -> UInt8 in
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
