import Jobs

/// A request to the API server, before it is anybody's: pure, so that tests see what is asked without a server.
struct APIRequest: Sendable, Equatable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    struct Parameter: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// What every write of ours is known by among an object's managers.
    static let fieldManager = "tfjob-admin"

    var method: Method
    /// From the server's root, which may have a path of its own.
    var path: String
    var parameters: [Parameter] = []
    var contentType: String?
    var body: JSONValue?
    /// Until when the answer has to be there whole.
    var timeout = Duration.seconds(30)

    init(_ method: Method, _ path: String) {
        self.method = method
        self.path = path
    }

    /// The path with its query.
    var target: String {
        guard !parameters.isEmpty else { return path }
        return path + "?" + parameters.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
    }

    /// With one more parameter, where there is a value for it.
    func with(_ name: String, _ value: String?) -> APIRequest {
        guard let value else { return self }
        var request = self
        request.parameters.append(Parameter(name: name, value: value))
        return request
    }

    /// All but the unreserved characters: <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>.
    private static func escaped(_ text: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
