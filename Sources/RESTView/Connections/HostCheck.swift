import NIOCore
import NIOHTTP1
import Platform

/// Refuses requests without a host and with several hosts: <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>.
///
/// Two programs could read two different hosts from such a request.
final class HostCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The connection ends with the refusal: the rest is ignored.
        guard !hasRefused else { return }
        if case .head(let head) = unwrapInboundIn(data),
            let problem = Self.problem(of: head, isOnSocket: Self.isSocket(context.channel))
        {
            hasRefused = true
            return context.fireErrorCaught(problem)
        }
        context.fireChannelRead(data)
    }

    private static func problem(of head: HTTPRequestHead, isOnSocket: Bool) -> Problem? {
        let hosts = head.headers["host"]
        guard hosts.count < 2 else { return .badRequest("the request has several Host headers: send one") }
        let target = host(ofTarget: head.uri)
        guard target == nil || target == hosts.first?.lowercased() else {
            return .badRequest("the request's target and its Host header name two hosts: send one")
        }
        guard let host = hosts.first else {
            guard head.version.major > 1 || head.version.minor > 0, !isOnSocket else { return nil }
            return .badRequest("the request has no Host header: HTTP/1.1 needs one")
        }
        guard host.utf8.allSatisfy(isPart) else {
            return .badRequest("the Host header is no host and port: send HOST or HOST:PORT")
        }
        return nil
    }

    /// Whether the host may be missing: some HTTP libraries send none over a Unix socket.
    private static func isSocket(_ channel: any Channel) -> Bool {
        guard case .unixDomainSocket = channel.localAddress else { return false }
        return true
    }

    /// The host and port of a target that is an absolute URL; nil for a path.
    private static func host(ofTarget target: String) -> String? {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return nil }
        return target[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    }

    /// Whether a host or a port may contain the character, <https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2>. A comma would
    /// make a list of hosts.
    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+;=%:[]".utf8.contains(byte)
        }
    }
}

/// The hosts that a service without authentication answers to.
///
/// A web page can reach a loopback address under a name of its own (DNS rebinding). So the service answers only to names that
/// nobody else can own.
enum LocalHost {
    /// Whether `HOST` or `HOST:PORT` is `localhost` or a loopback address.
    static func isMeant(by authority: String) -> Bool {
        if let end = authority.lastIndex(of: "]") {
            return isPort(authority[authority.index(after: end)...]) && LoopbackHost.contains(authority[...end])
        }
        guard let colon = authority.lastIndex(of: ":") else { return LoopbackHost.contains(authority) }
        return isPort(authority[colon...]) && LoopbackHost.contains(authority[..<colon])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
    }
}
