import AsyncHTTPClient
import Foundation
import NIOCore

/// Where an API server is and how it is told who we are.
struct Access: Sendable, Equatable {
    /// The address of a server or a proxy.
    struct Address: Sendable, Equatable {
        let scheme: String
        /// An IPv6 address has no brackets here.
        let host: String
        let port: Int
        /// Without a slash at the end; mostly empty.
        var path = ""

        /// Whether the host is an IP address.
        var isNumeric: Bool { (try? SocketAddress(ipAddress: host, port: port)) != nil }

        /// Reads `https://HOST[:PORT][/PATH]`.
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

    /// A client certificate with its key, PEM.
    struct Identity: Sendable, Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    var server: Address
    /// PEM; nil trusts what the machine trusts.
    var certificateAuthority: [UInt8]?
    /// Whether the server's certificate is taken as it is.
    var skipsVerification = false
    /// The name that the server's certificate has, where that is another than the address. A certificate for the address itself is taken too.
    var serverName: String?
    var proxy: Proxy?
    var identity: Identity?

    /// The address as it is shown.
    var origin: String { Self.url(server, host: server.host) }

    /// The address as it is asked for.
    var address: String { Self.url(server, host: serverName ?? server.host) }

    /// The `Host` of a request: where the server is, whatever name its certificate has. Who hands on by it knows no other.
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
        /// Percent signs are decoded; nil: the proxy asks for none.
        let user: String?
        /// Empty where there is a user without one.
        let password: String

        /// Nil too for a SOCKS proxy with a password, which the HTTP client can't give.
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

        /// As it is shown, without a password.
        var origin: String { Access.url(address, host: address.host) }
    }
}

/// What there is to ask with, for a while.
struct Credentials: Sendable, Equatable {
    var access: Access
    /// A bearer token.
    var token: String?
    /// When all of this runs out by its own word; nil: when the server takes it no longer.
    var expiration: Date?
    /// What an operator should know, a certificate that is not checked say.
    var warnings: [String] = []
}
