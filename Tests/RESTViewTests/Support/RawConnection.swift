import NIOCore
import NIOPosix

/// Sends bytes as they are, which an HTTP client would refuse to do or put right.
enum RawConnection {
    /// Sends a request and reads until the server closes.
    ///
    /// - Parameters:
    ///   - bytes: the whole request; it should ask for the connection to be closed.
    ///   - port: the server's, at 127.0.0.1.
    /// - Returns: all that came back.
    static func exchange(_ bytes: [UInt8], port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var answer: [UInt8] = []
            do {
                try await outbound.write(ByteBuffer(bytes: bytes))
                for try await part in inbound {
                    answer += part.readableBytesView
                }
            } catch is IOError {
                // Closed before all was sent: what came until then is the answer.
            }
            return String(decoding: answer, as: UTF8.self)
        }
    }

    /// Asks for a path that may hold any bytes.
    ///
    /// - Parameter headers: further lines, each with its end.
    /// - Returns: the status and all that follows its line; nil where there was no answer.
    static func get(
        _ path: [UInt8],
        method: String = "GET",
        headers: String = "",
        port: Int
    ) async throws -> (status: Int, rest: String)? {
        let rest = " HTTP/1.1\r\nHost: localhost\r\n\(headers)Connection: close\r\n\r\n"
        let head = Array("\(method) ".utf8) + path + Array(rest.utf8)
        let answer = try await exchange(head, port: port)
        guard let match = answer.prefixMatch(of: /HTTP\/1\.1 (\d{3})[^\r]*\r\n/) else { return nil }
        return Int(match.1).map { ($0, String(answer[match.range.upperBound...])) }
    }
}
