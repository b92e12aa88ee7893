import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// A log on its way, from some byte on.
struct LogDownload {
    private let client: ServerClient
    private let body: HTTPClientResponse.Body
    /// How many bytes come before the one that was asked for.
    private var excess: Int

    /// Asks for a log.
    ///
    /// - Parameters:
    ///   - path: the log's.
    ///   - position: the first byte that is wanted. A service that does not know how to begin there sends all, and what is before it
    ///     is passed over here.
    /// - Throws: ``ServerError``
    init(_ client: ServerClient, _ path: String, from position: Int = 0) async throws(ServerError) {
        var request = client.request(path)
        if position > 0 {
            request.headers.add(name: "range", value: "bytes=\(position)-")
        }
        let response = try await client.send(request, with: .following, within: .seconds(30))
        self.client = client
        switch response.status {
        case .ok:
            excess = position
            body = response.body
        case .partialContent:
            guard let start = Self.start(response.headers.first(name: "content-range")), start <= position else {
                throw client.notUnderstood(path)
            }
            excess = position - start
            body = response.body
        case .rangeNotSatisfiable:
            // There is nothing behind that byte, yet or for good.
            excess = 0
            body = HTTPClientResponse.Body()
        default:
            let problem = (try? await response.body.collect(upTo: 1 << 16)).map { Data(buffer: $0) } ?? Data()
            throw client.refusal(response, problem, path)
        }
    }

    /// The first byte of `bytes 5-9/10`: <https://www.rfc-editor.org/rfc/rfc9110#field.content-range>.
    private static func start(_ field: String?) -> Int? {
        guard let field, let match = field.firstMatch(of: /^bytes ([0-9]{1,18})-/) else { return nil }
        return Int(match.1)
    }

    /// Hands the bytes on, as they come.
    ///
    /// - Throws: ``ServerError`` where the connection breaks off, and whatever `take` throws.
    func forEach(_ take: (Data) throws -> Void) async throws {
        var excess = excess
        var chunks = body.makeAsyncIterator()
        while let chunk = try await next(&chunks) {
            var data = Data(buffer: chunk)
            let passed = min(excess, data.count)
            excess -= passed
            data = data.dropFirst(passed)
            if !data.isEmpty {
                try take(data)
            }
        }
    }

    private func next(_ chunks: inout HTTPClientResponse.Body.AsyncIterator) async throws(ServerError) -> ByteBuffer? {
        do {
            return try await chunks.next()
        } catch {
            throw client.absence(error)
        }
    }
}

/// The last lines of a text that comes in parts, in little more room than they take.
struct LastLines {
    private static let slack = 1 << 20

    private let count: Int
    private var kept = Data()
    private var limit = slack
    /// How many bytes have come.
    private(set) var size = 0

    /// - Parameter count: how many lines; one that has no end yet counts as well.
    init(_ count: Int) {
        self.count = count
    }

    mutating func append(_ data: Data) {
        size += data.count
        kept += data
        if kept.count > limit {
            kept = bytes
            limit = kept.count * 2 + Self.slack
        }
    }

    /// The lines so far.
    var bytes: Data {
        guard count > 0 else { return Data() }
        var left = count
        var index = kept.endIndex
        while index > kept.startIndex {
            let before = kept.index(before: index)
            // The end of the last line parts it from nothing.
            if kept[before] == UInt8(ascii: "\n"), index < kept.endIndex {
                left -= 1
                if left == 0 { break }
            }
            index = before
        }
        return Data(kept[index...])
    }
}
