import Hummingbird
import Logging
import NIOCore
import NIOSSL

/// A request's connection: who is at its other end.
struct KubernetesRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The client's certificate, DER; nil where it has none.
    func certificate() async -> [UInt8]? {
        let certificate = try? await channel.nioSSL_peerCertificate().get()
        return try? certificate?.toDERBytes()
    }

    /// Closes the connection without an answer.
    func hangUp() async { try? await channel.close() }
}
