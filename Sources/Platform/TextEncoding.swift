public import Foundation
import Glibc

/// Converts text of other encodings to UTF-8 with the C library's `iconv`.
///
/// <https://man7.org/linux/man-pages/man3/iconv.3.html>
package enum TextEncoding {
    /// The longest name of an encoding that is looked up, in bytes.
    private static let longestName = 40
    /// The result of a failed `iconv` call.
    private static let failed = Int(bitPattern: UInt.max)

    /// Converts bytes to UTF-8.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - name: the name of its encoding, such as `ISO-8859-1`.
    /// - Returns: nil if the encoding is unknown or the bytes are not valid in it.
    package static func utf8(_ bytes: [UInt8], from name: String) -> [UInt8]? {
        // A slash would begin an option of iconv.
        let isName = name.utf8.allSatisfy { byte in
            byte < 0x80 && (isalnum(Int32(byte)) != 0 || "-_.:()+".utf8.contains(byte))
        }
        guard isName, (1...longestName).contains(name.utf8.count) else { return nil }
        guard let converter = unsafe iconv_open("UTF-8", name), Int(bitPattern: converter) != -1 else {
            return nil
        }
        defer { unsafe iconv_close(converter) }
        var source = bytes.map { CChar(bitPattern: $0) }
        // No encoding of one byte has a character of more than four in UTF-8.
        var target = [CChar](repeating: 0, count: 4 * bytes.count + 16)
        let count: Int? = unsafe source.withUnsafeMutableBufferPointer { source in
            unsafe target.withUnsafeMutableBufferPointer { target in
                var (from, fromCount) = (source.baseAddress, source.count)
                var (to, toCount) = (target.baseAddress, target.count)
                guard unsafe iconv(converter, &from, &fromCount, &to, &toCount) != failed,
                    unsafe iconv(converter, nil, nil, &to, &toCount) != failed
                else { return nil }
                return target.count - toCount
            }
        }
        return count.map { target[..<$0].map { UInt8(bitPattern: $0) } }
    }
}

/// Bytes as pairs of hexadecimal digits.
public enum Hex {
    /// Encodes bytes with lower-case digits.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes pairs of digits in either case; nil for anything else.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
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
