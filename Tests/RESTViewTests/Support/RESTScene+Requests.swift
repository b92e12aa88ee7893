import Foundation
import FoundationNetworking
import TestSupport

/// What came back.
struct Answer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSON {
        get throws { try JSON(body) }
    }
}

extension RESTScene {
    /// The list of the partition that ``push(_:_:at:)`` fills.
    static let list = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"

    /// Keeps nothing: what it hands out is what the server sent.
    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        return URLSession(configuration: configuration)
    }()

    func request(
        _ path: String,
        method: String = "GET",
        headers: [String: String] = [:],
        body: Data? = nil
    ) async throws -> Answer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url, timeoutInterval: 30)
        request.httpMethod = method
        request.httpBody = body
        for (name, value) in headers {
            request.setValue(value, forHTTPHeaderField: name)
        }
        let (data, response) = try await Self.session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        let fields = response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        return Answer(
            status: response.statusCode,
            headers: Dictionary(fields) { "\($0), \($1)" },
            body: data
        )
    }

    /// The ids of a list, in its order.
    func ids(_ query: String) async throws -> [String] {
        try await request("\(Self.list)?\(query)").json.items.elements.compactMap(\.metadata.id.text)
    }
}
