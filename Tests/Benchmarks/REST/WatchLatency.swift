import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// Times pushes, each of which adds a job to a watched partition: from the moment at which the branch's reference was written
/// to the moment at which the watcher has the event.
struct WatchLatency {
    let repository: LargeRepository
    let port: Int

    /// In milliseconds.
    func measure(_ count: Int) async throws -> [Double] {
        let arrivals = Arrivals()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(arrivals) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let path = "/api/v1alpha1/clusters/default/partitions/few/tfjobs?watch=true"
        try await channel.writeAndFlush(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        try await eventually("the watcher is there") { arrivals.time(of: "event: synced") != nil }
        var times: [Double] = []
        let clock = ContinuousClock()
        var next = clock.now
        for number in 1...count {
            try await repository.push("push-\(number)")
            let pushed = try repository.pushed
            let seen = try await firstValue("the event of push \(number) comes") {
                arrivals.time(of: "\"id\":\"push-\(number)\"")
            }
            times.append(seen.timeIntervalSince(pushed) * 1000)
            next += .milliseconds(600)
            try await clock.sleep(until: next)
        }
        try await channel.close()
        return times
    }
}

/// What came, and when.
private final class Arrivals: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let parts = Mutex<[(text: String, time: Date)]>([])

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = (String(buffer: unwrapInboundIn(data)), Date())
        parts.withLock { $0.append(part) }
    }

    /// When a text came first; nil before that.
    func time(of text: String) -> Date? {
        parts.withLock { $0.first { $0.text.contains(text) }?.time }
    }
}
