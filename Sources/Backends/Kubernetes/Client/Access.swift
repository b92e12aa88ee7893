import AsyncHTTPClient
import Foundation
import NIOCore

/// The address of an API server, and how client and server prove who they are.
struct Access: Sendable, Equatable {
    /// The address of a server or a proxy.
    struct Address: Sendable, Equatable {
        let scheme: String
        /// A host name or an IP address; an IPv6 address without brackets.
        let host: String
        let port: Int
        /// The path prefix without a trailing slash; usually empty.
        var path = ""

        var isNumeric: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }

        /// Parses `https://HOST[:PORT][/PATH]`.
        init?(_ text: String) {
            guard let separator = text.range(of: "://") else { return nil }
            scheme = text[..<separator.lowerBound].lowercased()
            let rest = text[separator.upperBound...]
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            var path = String(rest.dropFirst(authority.count).prefix { $0 != "?" && $0 != "#" })
            while path.hasSuffix("/") { path.removeLast() }
            self.path = path
            let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            let afterBracket = place.lastIndex(of: "]").map { place.index(after: $0) } ?? place.startIndex
            let colon = place[afterBracket...].firstIndex(of: ":")
            let name = place[..<(colon ?? place.endIndex)]
            host = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : String(name)
            let standard = ["https": 443, "http": 80, "socks5": 1080][scheme]
            guard let port = colon.map({ Int(place[place.index(after: $0)...]) }) ?? standard, !host.isEmpty,
                (1...65_535).contains(port)
            else { return nil }
            self.port = port
        }
    }

    /// A client certificate and its private key in PEM.
    struct Identity: Sendable, Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    var server: Address
    /// PEM certificates; nil uses the system's trust store.
    var certificateAuthority: [UInt8]?
    /// Whether any server certificate is accepted.
    var skipsVerification = false
    /// The name to expect in the server's certificate if it differs from the address. A certificate for the address itself is accepted too.
    var serverName: String?
    var proxy: Proxy?
    var identity: Identity?

    /// The server's URL for messages.
    var origin: String { Self.url(server, host: server.host) }

    /// The URL that requests use: TLS checks the certificate against its host.
    var address: String { Self.url(server, host: serverName ?? server.host) }

    /// The `Host` header. It names the address even if the certificate has another name, because a proxy routes by it.
    ///
    /// Source: client-go changes the name for TLS alone, <https://github.com/kubernetes/client-go/blob/v0.32.0/transport/transport.go>.
    var host: String {
        let name = server.host.contains(":") ? "[\(server.host)]" : server.host
        return ["https": 443, "http": 80][server.scheme] == server.port ? name : "\(name):\(server.port)"
    }

    private static func url(_ server: Address, host: String) -> String {
        "\(server.scheme)://\(host.contains(":") ? "[\(host)]" : host):\(server.port)\(server.path)"
    }

    /// A proxy, `http://[USER:PASSWORD@]HOST:PORT` or `socks5://HOST:PORT`.
    struct Proxy: Sendable, Equatable {
        let address: Address
        /// The decoded user name; nil if the proxy needs no login.
        let user: String?
        /// The decoded password; empty if there is none.
        let password: String

        /// Parses a proxy's URL. Returns nil for a SOCKS proxy with a login too, because the HTTP client can't send one.
        init?(_ text: String) {
            guard let address = Address(text), ["http", "socks5"].contains(address.scheme) else { return nil }
            self.address = address
            let authority = text.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard let end = authority.lastIndex(of: "@") else {
                (user, password) = (nil, "")
                return
            }
            let parts = authority[..<end].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard address.scheme == "http", let user = parts.first?.removingPercentEncoding,
                let password = (parts.dropFirst().first ?? "").removingPercentEncoding
            else { return nil }
            self.user = user
            self.password = password
        }

        var configuration: HTTPClient.Configuration.Proxy {
            guard address.scheme != "socks5" else { return .socksServer(host: address.host, port: address.port) }
            guard let user else { return .server(host: address.host, port: address.port) }
            let authorization = HTTPClient.Authorization.basic(username: user, password: password)
            return .server(host: address.host, port: address.port, authorization: authorization)
        }

        /// The proxy's URL for messages, without its login.
        var origin: String { Access.url(address, host: address.host) }
    }
}

/// Access to a server with a token that may expire.
struct Credentials: Sendable, Equatable {
    var access: Access
    /// A bearer token.
    var token: String?
    /// When the credentials expire; nil if only the server knows.
    var expiration: Date?
    /// Warnings for the operator, for example that the server's certificate isn't verified.
    var warnings: [String] = []
}
