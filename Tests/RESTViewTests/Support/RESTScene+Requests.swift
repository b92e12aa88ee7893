import Foundation
import TestSupport

extension RESTScene {
    /// The list of the partition that ``push(_:_:at:)`` fills.
    static let list = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"

    func request(
        _ path: String,
        method: String = "GET",
        headers: [String: String] = [:],
        body: Data? = nil
    ) async throws -> HTTPExchange.Answer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        return try await HTTPExchange.send(method, url, headers: headers, body: body, within: 30)
    }

    /// The ids of a list, in its order.
    func ids(_ query: String) async throws -> [String] {
        try await request("\(Self.list)?\(query)").json.items.elements.compactMap(\.metadata.id.text)
    }
}
