public import Foundation

extension UInt8 {
    /// The value of an ASCII hexadecimal digit of either case; nil for any other byte.
    package var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Sequence<UInt8> {
    /// The bytes as hexadecimal digits in lower case, two for each byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(2 * underestimatedCount)
        for byte in self {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The FNV-1a hash of the bytes, which never changes from one process to the next:
    /// <https://datatracker.ietf.org/doc/html/rfc9923>.
    package var fnv1a: UInt64 {
        reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension Array<UInt8> {
    /// Reads pairs of hexadecimal digits of either case; nil for any other text.
    package init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap(\.hexadecimalValue)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

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

/// The file that Git LFS leaves in place of a large one.
///
/// Source: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer>.
package enum LFSPointer {
    /// The maximum size of a pointer in bytes.
    package static let longest = 1023

    /// Whether a file's content is a pointer.
    package static func isPointer(_ bytes: [UInt8]) -> Bool {
        bytes.count <= longest && bytes.starts(with: "version https://git-lfs.github.com/spec/v1".utf8)
    }
}
