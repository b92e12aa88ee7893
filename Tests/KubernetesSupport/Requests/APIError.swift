/// An answer that is not a success, as a `metav1.Status`.
///
/// Source: <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go>.
struct APIError: Error {
    let code: Int
    let reason: String
    let message: String
    var details: JSONTree?
    /// In seconds.
    var retryAfter: Int?
    /// Where a list of pages that has lost its place may go on, `metadata.continue`.
    var continuation: String?

    init(_ code: Int, _ reason: String, _ message: String, details: JSONTree? = nil, retryAfter: Int? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retryAfter = retryAfter
    }

    /// The body of the answer.
    var status: JSONTree {
        var status: JSONTree = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
            "message": .string(message), "reason": .string(reason), "code": .integer(code),
        ]
        if let continuation { status.metadata.continue = .string(continuation) }
        if let details { status.details = details }
        if let retryAfter { status.details.retryAfterSeconds = .integer(retryAfter) }
        return status
    }

    private static func details(_ resource: Resource, _ name: String, kind: String? = nil) -> JSONTree {
        var details: JSONTree = ["name": .string(name), "kind": .string(kind ?? resource.plural)]
        if !resource.group.isEmpty { details.group = .string(resource.group) }
        return details
    }

    static func notFound(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            404,
            "NotFound",
            "\(resource.qualifiedName) \"\(name)\" not found",
            details: details(resource, name)
        )
    }

    static func alreadyExists(_ resource: Resource, _ name: String) -> APIError {
        APIError(
            409,
            "AlreadyExists",
            "\(resource.qualifiedName) \"\(name)\" already exists",
            details: details(resource, name)
        )
    }

    static func conflict(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        APIError(
            409,
            "Conflict",
            "Operation cannot be fulfilled on \(resource.qualifiedName) \"\(name)\": \(why)",
            details: details(resource, name)
        )
    }

    static func badRequest(_ message: String) -> APIError { APIError(400, "BadRequest", message) }

    static func unauthorized() -> APIError { APIError(401, "Unauthorized", "Unauthorized") }

    static func forbidden(_ resource: Resource, _ name: String, _ why: String) -> APIError {
        APIError(
            403,
            "Forbidden",
            "\(resource.qualifiedName)\(name.isEmpty ? "" : " \"\(name)\"") is forbidden: \(why)",
            details: details(resource, name)
        )
    }

    /// The history was asked for further back than it is kept.
    static func expired(_ message: String) -> APIError { APIError(410, "Expired", message) }

    static func invalid(_ resource: Resource, _ name: String, _ faults: [Reading.Fault]) -> APIError {
        var details = details(resource, name, kind: resource.kind)
        details.causes = .array(
            faults.map {
                ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)]
            }
        )
        let sentences = faults.map { "\($0.field): \($0.message)" }
        let what = resource.group.isEmpty ? resource.kind : "\(resource.kind).\(resource.group)"
        let text = sentences.count == 1 ? sentences[0] : "[\(sentences.joined(separator: ", "))]"
        return APIError(422, "Invalid", "\(what) \"\(name)\" is invalid: \(text)", details: details)
    }
}
