import Crypto
import Formats
import Foundation

/// A JSON document in UTF-8, with sorted keys and times in whole seconds of UTC: the same state gives the same bytes.
struct JSONDocument {
    let data: Data

    init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        data = try encoder.encode(value)
    }
}

/// A value that is `null` in JSON if it is nil. Synthesized code would omit the key.
@propertyWrapper
struct Nullable<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

/// A strong entity tag of a document. It depends on the bytes alone, so it stays the same after a restart.
struct EntityTag: Hashable, Sendable, CustomStringConvertible {
    /// The tag with its quotes, as a header field holds it.
    let description: String

    init(of document: Data) {
        description = "\"\(SHA256.hash(data: document).prefix(16).hexadecimal)\""
    }
}

/// The documents that a client already has: <https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match>.
struct IfNoneMatch {
    private let hasAny: Bool
    private let tags: Set<Substring>

    /// Reads the values of all such fields. Anything in them that is not an entity tag is ignored.
    init(_ fields: [String]) {
        hasAny = fields.contains { $0.trimmingCharacters(in: .whitespaces) == "*" }
        tags = Set(fields.flatMap { $0.matches(of: /"[^"]*"/).map(\.output) })
    }

    /// Compares weakly, as this field requires: it ignores `W/`, and what a proxy adds to the tag of a document that it
    /// compressed, <https://httpd.apache.org/docs/2.4/mod/mod_deflate.html#deflatealteretag>.
    func matches(_ tag: EntityTag) -> Bool {
        hasAny || Self.additions.contains { tags.contains("\(tag.description.dropLast())\($0)\"") }
    }

    private static let additions = ["", "-gzip", "-br", "-zstd"]
}
