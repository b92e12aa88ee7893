import Git
import Jobs
import Platform

/// The address at which the REST view listens.
enum ListenAddress: Sendable, Equatable {
    /// A host and a port. Port 0 stands for any free port.
    case tcp(host: String, port: Int)
    /// The absolute path of a Unix socket.
    case unix(path: String)

    static let `default` = ListenAddress(host: ServiceDefaults.host, port: ServiceDefaults.port)

    init(host: String, port: Int) {
        self = .tcp(host: host, port: port)
    }

    /// Parses `HOST:PORT`, where an IPv6 address needs brackets, or `unix:PATH`.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let name = String(text.dropFirst("unix:".count))
            guard !name.isEmpty, !name.hasSuffix("/") else { return nil }
            let path = name.absolutePath
            guard SocketFile.isPossible(path) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: port)
    }

    /// Returns the URL for clients: `http://HOST:PORT/`, `https://…`, or `unix:PATH`.
    ///
    /// - Parameters:
    ///   - port: the actual port, which replaces port 0. Nil for a Unix socket.
    ///   - isSecure: whether the service uses TLS.
    func url(port: Int?, isSecure: Bool) -> String {
        switch self {
        case .tcp(let host, let wanted):
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)/"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only this machine can reach the address.
    var isLoopback: Bool {
        guard case .tcp(let host, _) = self else { return true }
        return LoopbackHost.contains(host)
    }
}
