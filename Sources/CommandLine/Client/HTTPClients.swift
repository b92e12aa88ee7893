import AsyncHTTPClient
import Foundation
import NIOCore
import Platform
import Synchronization

extension HTTPClient {
    /// What is asked for.
    enum Purpose: Hashable {
        /// Questions that have an answer at once: what is silent for half a minute won't give one.
        case asking
        /// Answers that come as things happen.
        case following

        fileprivate var silence: TimeAmount {
            switch self {
            case .asking: .seconds(30)
            case .following: .minutes(15)
            }
        }
    }

    private struct Way: Hashable {
        let purpose: Purpose
        let proxy: Configuration.Proxy?
    }

    private static let clients = Mutex<[Way: HTTPClient]>([:])

    /// The client of this process for a purpose and a proxy.
    static func commandLine(_ purpose: Purpose, through proxy: Configuration.Proxy?) -> HTTPClient {
        clients.withLock { clients in
            let way = Way(purpose: purpose, proxy: proxy)
            let client = clients[way] ?? make(way)
            clients[way] = client
            return client
        }
    }

    /// A token is sent to the service that was named, and not to where that points; and who is not there is not waited for.
    private static func make(_ way: Way) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: way.purpose.silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = way.proxy
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

/// Which proxy leads to a service, by the variables that curl obeys: `https_proxy`, `http_proxy` and `no_proxy`,
/// <https://curl.se/docs/manpage.html#ENVIRONMENT>.
///
/// Each may be written in capitals too, but for `HTTP_PROXY`: a web server hands a client's header `Proxy` to its scripts under that name.
/// Unix sockets and loopback addresses need no proxy.
struct ProxyRules {
    private let environment: [String: String]
    /// As curl has it.
    private static let standardPort = 1080

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// The proxy to ask for a service; nil where it is asked itself.
    ///
    /// - Throws: ``ServerError`` of the kind `usage` where the variable names no proxy.
    func proxy(for address: ServerAddress) throws(ServerError) -> HTTPClient.Configuration.Proxy? {
        guard let url = URLComponents(string: address.base), let host = url.host?.lowercased() else { return nil }
        let names =
            switch url.scheme {
            case "https": ["https_proxy", "HTTPS_PROXY"]
            case "http": ["http_proxy"]
            default: [String]()
            }
        guard let (name, text) = first(of: names), !isDirect(host) else { return nil }
        return try Self.proxy(text, of: name)
    }

    private func first(of names: [String]) -> (name: String, value: String)? {
        names.lazy.compactMap { name in
            environment[name].flatMap { $0.isEmpty ? nil : (name, $0) }
        }.first
    }

    /// Whether a host is one of this machine, or of `no_proxy`.
    private func isDirect(_ host: String) -> Bool {
        let name = Self.plain(host)
        guard !LoopbackHost.contains(name) else { return true }
        let list = first(of: ["no_proxy", "NO_PROXY"])?.value.lowercased() ?? ""
        return list.split { $0 == "," || $0.isWhitespace }.contains { entry in
            if entry == "*" { return true }
            if let range = AddressRange(Self.plain(entry)) { return range.contains(address: name) }
            let domain = Self.plain(entry.first == "." ? entry.dropFirst() : entry)
            return !domain.isEmpty && (name == domain || name.hasSuffix(".\(domain)"))
        }
    }

    /// A host without brackets and without the dot of the root.
    private static func plain(_ host: some StringProtocol) -> String {
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    private static func proxy(_ text: String, of name: String) throws(ServerError) -> HTTPClient.Configuration.Proxy {
        let url = URLComponents(string: text.contains("://") ? text : "http://\(text)")
        guard let url, let host = url.host.map({ plain($0) }), !host.isEmpty else { throw unusable(name) }
        let port = url.port ?? standardPort
        switch url.scheme?.lowercased() {
        case "http":
            // It may hold a password: no message repeats it.
            let authorization = url.user.map {
                HTTPClient.Authorization.basic(username: $0, password: url.password ?? "")
            }
            return .server(host: host, port: port, authorization: authorization)
        case "socks5", "socks5h": return .socksServer(host: host, port: port)
        default: throw unusable(name)
        }
    }

    private static func unusable(_ name: String) -> ServerError {
        ServerError(
            .usage,
            "$\(name) names no proxy that can be used; write http://HOST:PORT, or add the service to $no_proxy"
        )
    }
}
