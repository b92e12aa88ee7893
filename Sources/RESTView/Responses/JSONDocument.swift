import Foundation

/// A JSON document in UTF-8: sorted keys and times in whole seconds of UTC, so that the same state is the same bytes.
struct JSONDocument {
    let data: Data

    init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        data = try encoder.encode(value)
    }
}
