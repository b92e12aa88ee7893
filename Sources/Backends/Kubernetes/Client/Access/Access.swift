import AsyncHTTPClient
import Foundation

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
    /// The name that the server's certificate has, where that is another than the address.
    var serverName: String?
    var proxy: Proxy?
    var identity: Identity?

    /// The address as it is shown.
    var origin: String { Self.url(server, host: server.host) }

    /// The address as it is asked for.
    var address: String { Self.url(server, host: serverName ?? server.host) }

    private static func url(_ server: Address, host: String) -> String {
        "\(server.scheme)://\(host.contains(":") ? "[\(host)]" : host):\(server.port)\(server.path)"
    }

    /// A proxy, `http://HOST:PORT` or `socks5://HOST:PORT`.
    struct Proxy: Sendable, Equatable {
        let address: Address

        init?(_ text: String) {
            guard let address = Address(text), ["http", "socks5"].contains(address.scheme) else { return nil }
            self.address = address
        }

        var configuration: HTTPClient.Configuration.Proxy {
            address.scheme == "socks5"
                ? .socksServer(host: address.host, port: address.port)
                : .server(host: address.host, port: address.port)
        }
    }
}

/// What there is to ask with, for a while.
struct Credentials: Sendable, Equatable {
    var access: Access
    /// A bearer token.
    var token: String?
    /// What an operator should know, a certificate that is not checked say.
    var warnings: [String] = []
}
