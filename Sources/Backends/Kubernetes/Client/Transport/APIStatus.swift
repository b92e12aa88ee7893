/// How the API server says no.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>.
struct APIStatus: Decodable, Sendable, Equatable, Error {
    struct Cause: Decodable, Sendable, Equatable {
        var reason: String?
        var message: String?
        var field: String?
    }

    struct Details: Decodable, Sendable, Equatable {
        var causes: [Cause]?
        var retryAfterSeconds: Int?
    }

    /// The HTTP status.
    var code: Int
    /// One word, `NotFound` say. Nil where something before the API server answered.
    var reason: String?
    var message: String?
    var details: Details?

    private enum Key: String, CodingKey {
        case code, reason, message, details
    }

    init(code: Int, reason: String? = nil, message: String? = nil, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// Reads what is there; a status without a code has 0.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        code = try container.decodeIfPresent(Int.self, forKey: .code) ?? 0
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        message = try container.decodeIfPresent(String.self, forKey: .message)
        details = try container.decodeIfPresent(Details.self, forKey: .details)
    }

    /// Whether a list or watch can't go on from where it was: the server has forgotten that much.
    var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }

    /// The managers that hold fields which an apply wanted to change, each with those fields.
    ///
    /// Source: <https://github.com/kubernetes/apimachinery/blob/v0.32.0/pkg/util/managedfields/internal/conflict.go>.
    var conflicts: [(manager: String, field: String)] {
        (details?.causes ?? []).filter { $0.reason == "FieldManagerConflict" }.map { cause in
            let parts = (cause.message ?? "").split(separator: "\"", omittingEmptySubsequences: false)
            return (parts.count > 1 ? String(parts[1]) : "another manager", cause.field ?? "")
        }
    }
}

extension APIStatus: CustomStringConvertible {
    /// The server's own sentence.
    var description: String {
        message.flatMap { $0.isEmpty ? nil : $0 } ?? "the API server answers \(code)\(reason.map { " (\($0))" } ?? "")"
    }
}
