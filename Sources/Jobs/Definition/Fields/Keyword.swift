/// A word of the job file, prepared for being found quickly among others.
struct Keyword: Sendable {
    let text: String
    fileprivate let bytes: [UInt8]
    let beginning: UInt64

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        beginning = KeywordProbe.beginning(of: bytes[...])
    }
}

/// A word that was read, prepared for being compared with many.
struct KeywordProbe {
    private let bytes: ArraySlice<UInt8>
    let beginning: UInt64

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        beginning = Self.beginning(of: bytes)
    }

    func matches(_ word: Keyword) -> Bool {
        beginning == word.beginning && bytes.count == word.bytes.count
            && (bytes.count <= 8 || bytes.dropFirst(8).elementsEqual(word.bytes.dropFirst(8)))
    }

    /// The first eight bytes as a number.
    fileprivate static func beginning(of bytes: ArraySlice<UInt8>) -> UInt64 {
        var result: UInt64 = 0
        for byte in bytes.prefix(8) {
            result = result << 8 | UInt64(byte)
        }
        return result
    }
}
