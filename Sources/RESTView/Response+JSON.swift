import Crypto
import Foundation
import HTTPTypes
import Hummingbird

extension Response {
    /// An answer with a JSON document: sorted keys, so that the same state is the same bytes.
    init(json value: some Encodable, type: String = "application/json", status: HTTPResponse.Status = .ok) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let data = try encoder.encode(value)
        self.init(
            status: status,
            headers: [
                .contentType: type,
                .cacheControl: "no-cache",
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data))
        )
    }

    /// An answer with a JSON document and its `ETag`, or 304 where the client has the very document.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match>.
    init(json value: some Encodable, for request: Request) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let data = try encoder.encode(value)
        let tag =
            "\"" + SHA256.hash(data: data).prefix(16).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
            + "\""
        let headers: HTTPFields = [
            .contentType: "application/json", .cacheControl: "no-cache", .eTag: tag, .xContentTypeOptions: "nosniff",
        ]
        if EntityTags(request.headers[values: .ifNoneMatch]).match(tag) {
            self.init(status: .notModified, headers: headers)
        } else {
            self.init(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
        }
    }
}

/// The tags of an `If-None-Match`.
struct EntityTags {
    private let tags: [String]

    init(_ fields: [String]) {
        tags = fields.flatMap { $0.split(separator: ",") }.map { tag in
            let tag = tag.trimmingCharacters(in: .whitespaces)
            return tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
        }
    }

    /// Compares weakly, as the header asks for.
    func match(_ tag: String) -> Bool { tags.contains { $0 == "*" || $0 == tag } }
}
