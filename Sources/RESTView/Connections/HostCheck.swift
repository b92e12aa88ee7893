import NIOCore
import NIOHTTP1

/// Refuses requests that do not say which host is meant, or say it twice: <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>.
///
/// Two programs that read such a request could take two different hosts for the one that is meant.
final class HostCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// Why a request is refused: a sentence for the client.
    struct Fault: Error {
        let sentence: String
    }

    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The connection ends with a refusal: nothing that follows is looked at.
        guard !hasRefused else { return }
        if case .head(let head) = unwrapInboundIn(data),
            let fault = Self.fault(of: head, isOnSocket: Self.isSocket(context.channel))
        {
            hasRefused = true
            return context.fireErrorCaught(fault)
        }
        context.fireChannelRead(data)
    }

    private static func fault(of head: HTTPRequestHead, isOnSocket: Bool) -> Fault? {
        let hosts = head.headers["host"]
        guard hosts.count < 2 else { return Fault(sentence: "the request has several Host headers: send one") }
        let target = host(ofTarget: head.uri)
        guard target == nil || target == hosts.first?.lowercased() else {
            return Fault(sentence: "the request's target and its Host header name two hosts: send one")
        }
        guard let host = hosts.first else {
            guard head.version.major > 1 || head.version.minor > 0, !isOnSocket else { return nil }
            return Fault(sentence: "the request has no Host header: HTTP/1.1 needs one")
        }
        guard host.utf8.allSatisfy(isPart) else {
            return Fault(sentence: "the Host header is no host and port: send HOST or HOST:PORT")
        }
        return nil
    }

    /// Whether no host is needed: a Unix socket has none, and some HTTP libraries send none there.
    private static func isSocket(_ channel: any Channel) -> Bool {
        guard case .unixDomainSocket = channel.localAddress else { return false }
        return true
    }

    /// The host and port of a target that is a whole URL; nil for a path.
    private static func host(ofTarget target: String) -> String? {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return nil }
        return target[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    }

    /// A character of a host or a port, <https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2>; a comma would be a list.
    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+;=%:[]".utf8.contains(byte)
        }
    }
}
