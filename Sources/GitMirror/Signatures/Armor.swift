import Foundation

/// The textual form of OpenPGP keys.
///
/// <https://www.rfc-editor.org/rfc/rfc9580#name-forming-ascii-armor>
enum Armor {
    static let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
    private static let end = "-----END PGP PUBLIC KEY BLOCK-----"

    /// The bytes of all blocks of a text; nil where one is not whole, or there is none.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var block: String?
        var isHeader = false
        let lines = String(decoding: text, as: UTF8.self).split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) {
            switch (line, block) {
            case (begin, nil):
                block = ""
                isHeader = true
            case (end, let base64?):
                guard let data = Data(base64Encoded: base64), !data.isEmpty else { return nil }
                bytes += data
                block = nil
            case (_, let base64?):
                if isHeader {
                    // Headers, `Version: …` say, end with an empty line.
                    isHeader = !line.isEmpty
                } else if !line.hasPrefix("=") {
                    block = base64 + line
                }
            case (_, nil):
                break
            }
        }
        return block == nil && !bytes.isEmpty ? bytes : nil
    }
}
