import Foundation
import Hummingbird

extension Response {
    /// An answer with a document that is nobody's to guess at or to keep without asking again.
    ///
    /// JSON has no `charset`: it is UTF-8, <https://www.rfc-editor.org/rfc/rfc8259#section-11>.
    init(status: HTTPResponse.Status = .ok, document: Data, type: String = "application/json") {
        self.init(
            status: status,
            headers: [.contentType: type, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: document))
        )
    }

    /// An answer with a JSON object.
    init(json value: some Encodable) throws {
        self.init(document: try JSONDocument(value).data)
    }

    /// An answer with a JSON object and its `ETag`, or 304 where the client says that it has this very document.
    init(json value: some Encodable, for request: Request) throws {
        self.init(document: try JSONDocument(value).data, for: request)
    }

    /// An answer with a JSON document and its `ETag`, or 304 where the client says that it has this very one.
    init(document: Data, for request: Request) {
        let tag = EntityTag(of: document)
        if IfNoneMatch(request.headers[values: .ifNoneMatch]).matches(tag) {
            self.init(status: .notModified, headers: [.cacheControl: "no-cache"])
        } else {
            self.init(document: document)
        }
        headers[.eTag] = tag.description
    }

    /// An answer with plain text.
    init(text: String) {
        self.init(document: Data(text.utf8), type: "text/plain; charset=utf-8")
    }
}
