/// A text that equals another only where all bytes are the same.
///
/// `String` takes canonically equivalent texts for equal: U+212A KELVIN SIGN for the letter K. Where equality lets somebody in, that is
/// somebody else.
struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral {
    private let bytes: [UInt8]

    init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    init(stringLiteral text: String) { self.init(text) }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension StringProtocol {
    /// Whether the bytes of both are the same.
    func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
