import Crypto
import Foundation

/// A strong entity tag of a document: it follows from the bytes, so it outlives a restart.
struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// With its quotes, as it stands in a header.
    let description: String

    init(of document: Data) {
        let digits = SHA256.hash(data: document).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        description = "\"\(digits.joined())\""
    }
}

/// The documents that a client has already: <https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match>.
struct IfNoneMatch {
    private let hasAny: Bool
    private let tags: Set<Substring>

    /// Takes the values of every such field. What is no entity tag among them is passed over.
    init(_ fields: [String]) {
        hasAny = fields.contains { $0.trimmingCharacters(in: .whitespaces) == "*" }
        tags = Set(fields.flatMap { $0.matches(of: /"[^"]*"/).map(\.output) })
    }

    /// Compares weakly, as this field asks for: `W/` makes no difference, nor what a proxy adds to the tag of a document that it
    /// compressed, <https://httpd.apache.org/docs/2.4/mod/mod_deflate.html#deflatealteretag>.
    func matches(_ tag: EntityTag) -> Bool {
        hasAny || Self.additions.contains { tags.contains("\(tag.description.dropLast())\($0)\"") }
    }

    private static let additions = ["", "-gzip", "-br", "-zstd"]
}
