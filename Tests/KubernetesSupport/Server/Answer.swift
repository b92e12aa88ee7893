import HTTPTypes
import Hummingbird
import NIOCore

/// What a request is answered with.
struct Answer: Sendable {
    enum Body: Sendable {
        case object(JSONTree)
        case text(String)
        /// Lines or pieces as they come.
        case stream(contentType: String, @Sendable (inout any ResponseBodyWriter) async throws -> Void)
    }

    var code = 200
    var body: Body
    var warnings: [String] = []
    /// In seconds.
    var retryAfter: Int?

    init(_ object: JSONTree, code: Int = 200, warnings: [String] = []) {
        self.code = code
        self.warnings = warnings
        body = .object(object)
    }

    init(_ error: APIError) {
        code = error.code
        body = .object(error.status)
        retryAfter = error.retryAfter
    }

    init(_ body: Body, code: Int = 200) {
        self.body = body
        self.code = code
    }

    /// As the HTTP server sends it.
    ///
    /// - Parameter spoil: what goes wrong with the body on its way; nil: nothing.
    func response(spoiledBy spoil: BodyFault?) -> Response {
        var headers = HTTPFields()
        for warning in warnings {
            headers.append(
                HTTPField(name: .warning, value: "299 - \"\(warning.replacing("\"", with: "\\\""))\"")
            )
        }
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        let status = HTTPResponse.Status(code: code)
        switch body {
        case .object(let object):
            headers[.contentType] = "application/json"
            var bytes: [UInt8] = []
            object.write(to: &bytes)
            return Self.response(status, headers, bytes, spoil)
        case .text(let text):
            headers[.contentType] = "text/plain; charset=utf-8"
            return Self.response(status, headers, Array(text.utf8), spoil)
        case .stream(let contentType, let write):
            headers[.contentType] = contentType
            return Response(
                status: status,
                headers: headers,
                body: ResponseBody { writer in
                    var spoiling: any ResponseBodyWriter = SpoilingWriter(base: writer, fault: spoil)
                    try await write(&spoiling)
                    try await writer.finish(nil)
                }
            )
        }
    }

    private static func response(
        _ status: HTTPResponse.Status,
        _ headers: HTTPFields,
        _ bytes: [UInt8],
        _ spoil: BodyFault?
    ) -> Response {
        guard let spoil else {
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(contentLength: bytes.count) { writer in
                var spoiling = SpoilingWriter(base: writer, fault: spoil)
                try await spoiling.write(ByteBuffer(bytes: bytes))
                try await writer.finish(nil)
            }
        )
    }
}

extension HTTPField.Name {
    /// https://www.rfc-editor.org/rfc/rfc7234#section-5.5
    static var warning: Self { HTTPField.Name("Warning") ?? .contentType }
}
