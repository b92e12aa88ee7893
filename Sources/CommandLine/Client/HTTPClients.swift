import AsyncHTTPClient
import Foundation
import NIOCore
import Platform
import Synchronization

extension HTTPClient {
    /// The kind of a request, which decides how long the client waits for data.
    enum Purpose: Hashable {
        /// Requests with an immediate answer. A service that sends nothing for half a minute will not answer.
        case asking
        /// Requests whose answer continues as events happen.
        case following

        fileprivate var silence: TimeAmount {
            switch self {
            case .asking: .seconds(30)
            case .following: .minutes(15)
            }
        }
    }

    private struct Route: Hashable {
        let purpose: Purpose
        let proxy: Configuration.Proxy?
    }

    private static let clients = Mutex<[Route: HTTPClient]>([:])

    /// Returns this process's client for a purpose and a proxy.
    static func commandLine(_ purpose: Purpose, through proxy: Configuration.Proxy?) -> HTTPClient {
        clients.withLock { clients in
            let route = Route(purpose: purpose, proxy: proxy)
            let client = clients[route] ?? makeClient(route)
            clients[route] = client
            return client
        }
    }

    /// Creates a client that follows no redirect, since the token is only for the named service, and that retries no
    /// connection.
    private static func makeClient(_ route: Route) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: route.purpose.silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = route.proxy
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

/// Selects the proxy for a service from the variables that curl uses: `https_proxy`, `http_proxy` and `no_proxy`,
/// <https://curl.se/docs/manpage.html#ENVIRONMENT>.
///
/// The names may also be in capitals, except `HTTP_PROXY`: a web server passes a client's `Proxy` header to its scripts
/// under that name. Unix sockets and loopback addresses need no proxy.
struct ProxyRules {
    private let environment: [String: String]
    /// The default port of a proxy, as in curl.
    private static let standardPort = 1080

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// Returns the proxy for a service, or nil for a direct connection.
    ///
    /// - Throws: ``ServerError`` of the kind `usage` if the variable has no valid proxy.
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

    /// Whether a host is this machine, or is listed in `no_proxy`.
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

    /// Removes the brackets and the final dot of a host.
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
            // The URL may contain a password, so no message repeats it.
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
