import Hummingbird
import NIOCore

/// What is known of a request beside the request itself.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address at the other end of the connection, which no header can change, or ``socket``; nil where there is none.
    let peer: String?

    /// Who comes over a Unix socket: any process that its file lets in.
    static let socket = "unix"

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        if case .unixDomainSocket = source.channel.localAddress {
            peer = Self.socket
        } else {
            peer = source.channel.remoteAddress?.ipAddress
        }
    }
}
