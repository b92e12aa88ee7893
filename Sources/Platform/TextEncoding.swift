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
