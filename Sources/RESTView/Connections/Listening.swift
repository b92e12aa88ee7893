import Glibc
import HummingbirdCore
import NIOCore
import Synchronization

/// Why the service can't start: a sentence for the operator.
public struct RESTServiceError: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ address: RESTService.Address, _ error: IOError) {
        description =
            switch error.errnoCode {
            case EADDRINUSE: "\(address) is in use by another program; choose another address with --listen"
            case EACCES: "\(address) is for privileged users; choose a port above 1023 with --listen"
            case EADDRNOTAVAIL: "\(address) is no address of this machine; choose another with --listen"
            default: "\(address) can't be listened on: \(error)"
            }
    }
}

/// The moment when the service begins to answer. It calls a closure, and ends the service if the closure throws.
final class Start: Sendable {
    private let isServing: @Sendable (_ port: Int?) throws -> Void
    private let failed = Mutex<(any Error)?>(nil)

    init(_ isServing: @escaping @Sendable (_ port: Int?) throws -> Void) {
        self.isServing = isServing
    }

    /// The error of the closure that ended the service; nil if it threw none.
    var failure: (any Error)? { failed.withLock(\.self) }

    /// Called by the server with the channel that listens.
    @Sendable
    func reportServing(_ channel: any Channel) {
        do {
            try isServing(channel.localAddress?.port)
        } catch {
            failed.withLock { $0 = error }
            channel.close(promise: nil)
        }
    }
}

/// Time limits for clients. After a limit the connection is closed.
public struct Patience: Sendable, Equatable {
    /// From the connection to the end of the first request's header, and from a request's header to the end of its body.
    /// Default: 20 s.
    public var request: Duration
    /// From an answer to the next request's header. Default: 75 s.
    public var idle: Duration
    /// The longest time in which a client takes nothing of a waiting answer. Default: 60 s.
    public var reading: Duration

    /// Creates limits; the defaults suit every service on a real network.
    public init(
        request: Duration = .seconds(20),
        idle: Duration = .seconds(75),
        reading: Duration = .seconds(60)
    ) {
        self.request = request
        self.idle = idle
        self.reading = reading
    }

    /// The configuration of a connection. Its size limits are small: the largest header field is a token, and no body is kept.
    var connectionConfiguration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionDeadlines(self), UnreadableRequests()],
            idleTimeout: TimeAmount(idle),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
    }
}
