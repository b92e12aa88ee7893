import Foundation
import HTTPTypes
import Hummingbird

extension Response {
    /// An answer with a document. Browsers must not guess its type, and caches must ask again.
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

    /// An answer with a JSON object and its `ETag`, or 304 if the client already has this document.
    init(json value: some Encodable, for request: Request) throws {
        self.init(document: try JSONDocument(value).data, for: request)
    }

    /// An answer with a JSON document and its `ETag`, or 304 if the client already has this document.
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

    /// The answer that reports a problem.
    ///
    /// - Parameters:
    ///   - problem: the problem.
    ///   - path: the request's path as it arrived. The query is not repeated, since it may hold a secret.
    ///   - id: the request's id in the log.
    init(_ problem: Problem, path: String, id: RequestID) {
        self.init(
            status: problem.status,
            document: problem.document(path: path, id: id),
            type: Problem.contentType
        )
        headers.append(contentsOf: problem.fields)
    }
}

extension Problem {
    static let contentType = "application/problem+json"

    /// The body of the answer.
    func document(path: String, id: RequestID) -> Data {
        // Encoding five strings and a number does not fail; if it did, the body would be empty.
        (try? JSONDocument(ProblemObject(self, instance: path, id: id)))?.data ?? Data()
    }
}

private struct ProblemObject: Encodable {
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String
    let instance: String
    let requestId: String

    init(_ problem: Problem, instance path: String, id: RequestID) {
        title = problem.status.reasonPhrase
        status = problem.status.code
        detail = problem.detail
        instance = Self.reference(path)
        requestId = id.description
    }

    /// The path as a URI reference. Characters that a reference can't hold are encoded; encoded ones stay as they are.
    private static func reference(_ path: String) -> String {
        let isEncoded = path.removingPercentEncoding != nil
        let allowed = CharacterSet.urlPathAllowed.union(CharacterSet(charactersIn: isEncoded ? "%" : ""))
        return path.addingPercentEncoding(withAllowedCharacters: allowed) ?? "/"
    }
}

extension HTTPFields {
    /// Sets a field that HTTPTypes has no name for.
    ///
    /// - Parameters:
    ///   - name: a token, as field names are; any other name sets nothing.
    ///   - value: replaces all existing values.
    mutating func set(_ name: String, to value: String) {
        guard let name = HTTPField.Name(name) else { return }
        self[name] = value
    }

    /// The only value of a field; nil if there is none, or more than one.
    func only(_ name: String) -> String? {
        guard let name = HTTPField.Name(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values[0] : nil
    }
}
