import AsyncHTTPClient
import Foundation
import KubernetesSupport
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Sends plain requests to a cluster, as `curl` would.
struct APIClient: Sendable {
    let client: HTTPClient
    let url: String
    var headers: [String: String]

    /// What came back.
    struct Reply: Sendable {
        let code: Int
        let headers: [String: [String]]
        let text: String

        var json: JSONTree { (try? JSONTree(json: text)) ?? .null }
    }

    @discardableResult
    func send(
        _ method: String,
        _ path: String,
        _ body: JSONTree? = nil,
        as type: String = "application/json"
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(string: body.json))
        }
        let response = try await client.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
        var fields: [String: [String]] = [:]
        for (name, value) in response.headers { fields[name.lowercased(), default: []].append(value) }
        return Reply(code: Int(response.status.code), headers: fields, text: text)
    }

    func get(_ path: String) async throws -> Reply { try await send("GET", path) }

    func apply(_ path: String, _ body: JSONTree, by manager: String = "tfjob-admin", force: Bool = false) async throws
        -> Reply
    {
        try await send(
            "PATCH",
            "\(path)?fieldManager=\(manager)&force=\(force)",
            body,
            as: "application/apply-patch+yaml"
        )
    }

    func merge(_ path: String, _ body: JSONTree) async throws -> Reply {
        try await send("PATCH", path, body, as: "application/merge-patch+json")
    }

    /// Reads the lines of a stream while the body runs.
    func stream<Result: Sendable>(
        _ path: String,
        _ body: (inout LineReader) async throws -> Result
    ) async throws -> Result {
        var request = HTTPClientRequest(url: url + path)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await client.execute(request, timeout: .seconds(60))
        var reader = LineReader(response.body)
        return try await body(&reader)
    }
}

/// The lines of a body as they come.
struct LineReader {
    private var chunks: HTTPClientResponse.Body.AsyncIterator
    private var rest = ""

    init(_ body: HTTPClientResponse.Body) {
        chunks = body.makeAsyncIterator()
    }

    /// The next line; nil at the end.
    mutating func next() async throws -> String? {
        while true {
            if let end = rest.firstIndex(of: "\n") {
                let line = String(rest[..<end])
                rest.removeSubrange(...end)
                return line
            }
            guard let chunk = try await chunks.next() else { return nil }
            rest += String(buffer: chunk)
        }
    }

    /// The next event of a watch that is not a bookmark; nil at the end.
    mutating func event() async throws -> (type: String, object: JSONTree)? {
        while let line = try await next() {
            let event = try JSONTree(json: line)
            if event.type != "BOOKMARK" { return (event.type.text ?? "", event.object) }
        }
        return nil
    }
}
