import Jobs

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

    fileprivate static func beginning(of bytes: ArraySlice<UInt8>) -> UInt64 {
        var result: UInt64 = 0
        for byte in bytes.prefix(8) {
            result = result << 8 | UInt64(byte)
        }
        return result
    }

    /// The first eight bytes at a place as a number.
    static func beginning(of bytes: [UInt8], _ place: Range<Int>) -> UInt64 {
        var result: UInt64 = 0
        for index in place.lowerBound..<min(place.upperBound, place.lowerBound + 8) {
            result = result << 8 | UInt64(bytes[index])
        }
        return result
    }
}
