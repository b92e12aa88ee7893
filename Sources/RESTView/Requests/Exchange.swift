import Formats
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SignIn

/// A request and its result, for the log and the metrics.
struct Exchange {
    let id: RequestID
    let method: HTTPRequest.Method
    let path: String
    let peer: Peer?
    let close: @Sendable () -> Void
    let start: ContinuousClock.Instant
    /// Nil until the route is found, and if there is none.
    var route: Route?
    /// Whether the answer goes on, as that to a followed log.
    let isStream: Bool
    /// The signed-in user.
    var user: String?
    /// When the user's token expires.
    var end: ContinuousClock.Instant?

    init(_ request: Request, in context: ConnectionContext) {
        id = RequestID(request.headers)
        method = request.method
        path = request.uri.path
        peer = context.peer
        close = context.close
        let query = request.uri.query ?? ""
        isStream = query.contains("follow=true") || query.contains("watch=true")
        start = .now
    }

    /// The time until the answer began. A streamed answer goes on after it.
    var duration: Duration { .now - start }

    /// The client that limits apply to.
    var client: StreamClient {
        StreamClient(name: user ?? peer?.description ?? "local", isSignedIn: user != nil, end: end, close: close)
    }

    /// Writes the line of the access log. It contains neither the query nor any header, which may hold secrets.
    func log(_ status: HTTPResponse.Status, _ duration: Duration, to logger: Logger) {
        let level: Logger.Level = (route?.isProbe == true || isStream) && status.code < 500 ? .debug : .info
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "request": "\(id)", "method": "\(method.rawValue.prefix(20))", "path": "\(path.quoted)",
            "status": "\(status.code)", "milliseconds": "\(Int(duration / .milliseconds(1)))",
        ]
        metadata["peer"] = peer.map { "\($0)" }
        metadata["user"] = user.map { "\($0.quoted)" }
        logger.log(level: level, "request", metadata: metadata)
    }
}

/// The name of a request in the log, in its answer, and in the log of a proxy in front.
struct RequestID: Hashable, Sendable, CustomStringConvertible {
    static let field = "X-Request-Id"

    let description: String

    /// Uses the client's own id if it is a plain word, or else a random one.
    init(_ headers: HTTPFields) {
        if let text = headers.only(Self.field), Self.isWord(text) {
            description = text
        } else {
            description = (0..<8).map { _ in UInt8.random(in: 0...UInt8.max) }.hexadecimal
        }
    }

    private static func isWord(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.:/=+@".utf8.contains(byte)
                }
            }
    }
}

/// What the service knows about a request besides the request itself.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection; nil if it has no address.
    let peer: Peer?
    /// Closes the connection.
    let close: @Sendable () -> Void
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        close = { [channel] in channel.close(promise: nil) }
        coreContext = CoreRequestContextStorage(source: source)
        if case .unixDomainSocket = source.channel.localAddress {
            peer = .socket
        } else {
            peer = source.channel.remoteAddress?.ipAddress.map(Peer.address)
        }
    }

    /// The process at the other end of a Unix socket; nil for other connections.
    func peerProcess() async -> PeerProcess? {
        guard peer == .socket, let socket = channel as? any SocketOptionProvider else { return nil }
        let option = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        let found: Credentials? = try? await socket.unsafeGetSocketOption(level: .socket, name: option).get()
        return found.map { PeerProcess(user: $0.user, group: $0.group) }
    }

    /// `struct ucred` of Linux.
    private struct Credentials {
        let process: Int32
        let user: UInt32
        let group: UInt32
    }
}
