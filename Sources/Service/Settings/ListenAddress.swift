import Foundation
import Platform

/// Where the REST view listens.
enum ListenAddress: Sendable, Equatable {
    /// Port 0 takes any that is free.
    case tcp(host: String, port: Int)
    /// A Unix socket, by its absolute path.
    case unix(path: String)

    static let `default` = ListenAddress(host: "127.0.0.1", port: 8899)

    init(host: String, port: Int) {
        self = .tcp(host: host, port: port)
    }

    /// Reads `HOST:PORT`, where an IPv6 address stands in brackets, or `unix:PATH`.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let name = String(text.dropFirst("unix:".count))
            guard !name.isEmpty, !name.hasSuffix("/") else { return nil }
            let path = URL(fileURLWithPath: name.expandingHome).standardizedFileURL.path
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

    /// What clients write to reach it: `http://HOST:PORT/`, `https://…`, or `unix:PATH`.
    ///
    /// - Parameters:
    ///   - port: the one that was taken, which differs where any was asked for; nil where there are none.
    ///   - isSecure: whether TLS is spoken there.
    func url(port: Int?, isSecure: Bool) -> String {
        switch self {
        case .tcp(let host, let wanted):
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port ?? wanted)/"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        guard case .tcp(let host, _) = self else { return true }
        return LoopbackHost.contains(host)
    }
}

extension String {
    /// A path with `~` as the home of the user that the program runs as.
    var expandingHome: String {
        self == "~" || hasPrefix("~/") ? NSHomeDirectory() + dropFirst() : self
    }
}
