import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A request whose answer goes on while a test looks at it.
final class LastingRequest: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let text = Mutex("")
        let hasEnded = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = String(buffer: unwrapInboundIn(data))
            text.withLock { $0 += part }
        }

        func channelInactive(context: ChannelHandlerContext) {
            hasEnded.withLock { $0 = true }
        }
    }

    private let channel: any Channel
    private let collector = Collector()

    /// Sends the request.
    ///
    /// - Parameters:
    ///   - path: the path and query.
    ///   - headers: further lines, each with its end.
    ///   - port: the server's, at 127.0.0.1.
    convenience init(_ path: String, headers: String = "", port: Int) async throws {
        try await self.init(sending: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n", port: port)
    }

    /// Sends some text, as it is.
    init(sending text: String, port: Int) async throws {
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { [collector] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        // One that is closed before it could send has ended, and that shows.
        try? await send(text)
    }

    /// Sends more.
    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Reads no further, so that the server can't send on.
    func pause() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Reads on.
    func resume() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// All that came so far, head and chunk sizes too.
    var text: String { collector.text.withLock { $0 } }

    /// Whether the server has closed.
    var hasEnded: Bool { collector.hasEnded.withLock { $0 } }

    /// Waits until a text has come.
    ///
    /// - Returns: false where the answer ended without it.
    func next(until part: String) async throws -> Bool {
        try await firstValue("\"\(part)\" comes") {
            let hasEnded = hasEnded
            if text.contains(part) { return true }
            return hasEnded ? false : nil
        }
    }

    /// Waits until a text is among the newest of what has come, which may be megabytes in all.
    func ends(with part: String) async throws {
        try await eventually("\"\(part)\" comes last") {
            collector.text.withLock { String($0.utf8.suffix(2000)) ?? "" }.contains(part)
        }
    }

    /// Goes away.
    func close() async throws {
        try await channel.close()
    }
}
