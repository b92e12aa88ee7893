import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The download of a log from a given byte.
struct LogDownload {
    /// Sums with this number of bytes do not overflow.
    private static let longestLog = 1 << 60

    private let client: ServerClient
    private let body: HTTPClientResponse.Body
    /// The number of bytes before the requested one.
    private var excess: Int
    /// The position of the first byte that is passed on. It is after the requested one where the service has removed that.
    let start: Int
    /// The number of the run whose log it is. Nil: the service is of an earlier version.
    let run: Int?
    /// The replica whose log it is, for example `worker-0`. Nil: the service is of an earlier version.
    let replica: String?

    /// Requests a log.
    ///
    /// - Parameters:
    ///   - path: the path of the log on the service.
    ///   - position: the first requested byte. If a service ignores it and sends the whole log, the bytes before it are
    ///     skipped here.
    /// - Throws: ``ServerError``
    init(_ client: ServerClient, _ path: String, from position: Int = 0) async throws(ServerError) {
        var request = client.request(path)
        if position > 0 {
            request.headers.add(name: "range", value: "bytes=\(position)-")
        }
        let response = try await client.send(request, with: .following, within: ServerClient.standardDeadline)
        self.client = client
        run = response.headers.first(name: "tfjob-run").flatMap { Int($0) }
        replica = response.headers.first(name: "tfjob-replica")
        switch response.status {
        case .ok:
            // A service of an earlier version sends every log from its first byte.
            let field = response.headers.first(name: "tfjob-log-start")
            let first = field.flatMap { Int($0) }.map { min(max(-Self.longestLog, $0), Self.longestLog) } ?? 0
            // The output of an installation comes before position 0.
            start = position > 0 ? max(position, first) : first
            excess = position > 0 ? max(0, position - first) : 0
            body = response.body
        case .partialContent:
            guard let first = Self.rangeStart(response.headers.first(name: "content-range")), first <= position else {
                throw client.notUnderstood(path)
            }
            excess = position - first
            start = position
            body = response.body
        case .rangeNotSatisfiable:
            // The log has no bytes after the position.
            (excess, start) = (0, position)
            body = HTTPClientResponse.Body()
        default:
            let problem = (try? await response.body.collect(upTo: 1 << 16)).map { Data(buffer: $0) } ?? Data()
            throw client.refusal(response, problem, path)
        }
    }

    /// Parses the first byte of `bytes 5-9/10`: <https://www.rfc-editor.org/rfc/rfc9110#field.content-range>.
    private static func rangeStart(_ field: String?) -> Int? {
        guard let field, let match = field.firstMatch(of: /^bytes ([0-9]{1,18})-/) else { return nil }
        return Int(match.1)
    }

    /// Passes on the bytes as they arrive.
    ///
    /// - Throws: ``ServerError`` if the connection breaks, and the errors of `handle`.
    func forEach(_ handle: (Data) throws -> Void) async throws {
        var excess = excess
        var chunks = body.makeAsyncIterator()
        while let chunk = try await nextChunk(&chunks) {
            var data = Data(buffer: chunk)
            let passed = min(excess, data.count)
            excess -= passed
            data = data.dropFirst(passed)
            if !data.isEmpty {
                try handle(data)
            }
        }
    }

    private func nextChunk(_ chunks: inout HTTPClientResponse.Body.AsyncIterator) async throws(ServerError)
        -> ByteBuffer?
    {
        do {
            return try await chunks.next()
        } catch {
            throw client.absence(error)
        }
    }
}

/// The last lines of a text that arrives in parts. Memory use is little more than the size of these lines.
struct LastLines {
    private static let slack = 1 << 20

    private let count: Int
    private var kept = Data()
    private var limit = slack
    /// The number of bytes so far.
    private(set) var size = 0

    /// - Parameter count: the number of lines. A last line without a line break counts.
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
            // A line break at the end of the text does not begin another line.
            if kept[before] == UInt8(ascii: "\n"), index < kept.endIndex {
                left -= 1
                if left == 0 { break }
            }
            index = before
        }
        return Data(kept[index...])
    }
}
