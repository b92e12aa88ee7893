import Foundation
import NIOCore
import NIOPosix

/// Asks for one path again and again.
enum HTTPLoad {
    /// Why a measurement is worth nothing.
    struct BadAnswer: Error, CustomStringConvertible {
        let description: String
    }

    /// How long each of some requests took, one after another over one connection, in milliseconds.
    static func latencies(of path: String, count: Int, port: Int) async throws -> [Double] {
        let clock = ContinuousClock()
        return try await connected(port) { client in
            // The first ones make the service read what it keeps.
            for _ in 0..<10 {
                try await client.get(path)
            }
            var times: [Double] = []
            for _ in 0..<count {
                let start = clock.now
                try await client.get(path)
                times.append((clock.now - start) / .milliseconds(1))
            }
            return times
        }
    }

    /// How many requests a second are answered to some clients, each of which asks again at once.
    static func rate(of path: String, clients: Int, seconds: Int, port: Int) async throws -> Double {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    try await connected(port) { client in
                        var count = 0
                        while clock.now < end {
                            try await client.get(path)
                            count += 1
                        }
                        return count
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / Double(seconds)
    }

    private static func connected<Value: Sendable>(
        _ port: Int,
        _ body: (inout Client) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var client = Client(outbound: outbound, inbound: inbound.makeAsyncIterator())
            return try await body(&client)
        }
    }

    /// One connection; it reads no more of HTTP than it needs to.
    struct Client {
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        private var received = ByteBuffer()

        init(
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        ) {
            self.outbound = outbound
            self.inbound = inbound
        }

        /// Asks, and reads the whole answer.
        mutating func get(_ path: String) async throws {
            try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            var size: Int?
            while true {
                if size == nil, let head = received.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) {
                    let length = head.upperBound - received.readerIndex
                    let text = received.readString(length: length) ?? ""
                    guard text.hasPrefix("HTTP/1.1 200"),
                        let match = text.firstMatch(of: /(?i)content-length: (\d+)/), let bytes = Int(match.1)
                    else { throw BadAnswer(description: text) }
                    size = bytes
                }
                if let size, received.readableBytes >= size {
                    received.moveReaderIndex(forwardBy: size)
                    received.discardReadBytes()
                    return
                }
                guard var part = try await inbound.next() else { throw BadAnswer(description: "closed") }
                received.writeBuffer(&part)
            }
        }
    }
}
