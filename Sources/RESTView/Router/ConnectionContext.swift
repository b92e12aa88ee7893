import Hummingbird
import NIOCore
import SignIn

/// What the service knows about a request besides the request itself.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection; nil if it has no address.
    let peer: Peer?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        if case .unixDomainSocket = source.channel.localAddress {
            peer = .socket
        } else {
            peer = source.channel.remoteAddress?.ipAddress.map(Peer.address)
        }
    }
}
