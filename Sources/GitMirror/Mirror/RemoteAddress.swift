import Foundation
import Platform

/// The address of a repository on the network.
///
/// The user and the password of an `https` address are stored separately and never shown, since they may be a token.
public struct RemoteAddress: Sendable, Equatable {
    /// The protocol.
    package enum Transport: String, Sendable {
        case https
        /// Only for loopback addresses of this machine.
        case http
        case ssh
        /// A folder, through git's own protocol. Only for tests, since the service reads a folder directly.
        case file
    }

    package let transport: Transport
    /// The host's name or address, without brackets; empty for a folder.
    package let host: String
    /// The port; nil for the protocol's default.
    package let port: Int?
    /// The URL for git, without the user and the password of an `https` address.
    package let url: String
    /// The user of an `https` address. The user of an `ssh` address is not secret and is part of ``url``.
    let user: Secret?
    let password: Secret?

    init(
        transport: Transport,
        host: String,
        port: Int? = nil,
        url: String,
        user: String? = nil,
        password: String? = nil
    ) {
        self.transport = transport
        self.host = host
        self.port = port
        self.url = url
        self.user = user.map(Secret.init)
        self.password = password.map(Secret.init)
    }

    /// Creates the address of a folder of this machine.
    package init(folder: String) {
        self.init(transport: .file, host: "", url: "file://\(folder)")
    }

    /// Whether a text has the form of a network address, valid or not: `scheme://…`, or `[user@]host:path` as in
    /// scp(1), without a slash before the colon.
    public static func hasForm(_ text: String) -> Bool {
        if text.contains("://") { return true }
        return !text.hasPrefix("/") && !text.hasPrefix(".") && text.prefix { $0 != "/" }.contains(":")
    }
}

extension RemoteAddress: CustomStringConvertible {
    /// The address without credentials.
    public var description: String { url }
}

extension RemoteAddress {
    /// The host in the form of known_hosts, with a port that is not the default.
    var knownHostsName: String {
        port.map { $0 == 22 ? host : "[\(host)]:\($0)" } ?? host
    }

    /// The scheme, the host and the port, to which credentials are limited.
    var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(transport.rawValue)://\(name)" + (port.map { ":\($0)" } ?? "")
    }
}

/// Why an address can't be used. The sentence contains no credentials.
public struct AddressError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The sentence.
    public let description: String

    /// An error with its sentence.
    public init(description: String) {
        self.description = description
    }
}

extension RemoteAddress {
    /// Parses `https://host/path`, `ssh://user@host/path`, `user@host:path`, or `http://` with a loopback address.
    ///
    /// Plain `http` to another machine is refused: anyone on the network could read the token and replace the code that
    /// the cluster runs. For a tunnel or a proxy on this machine it is allowed.
    ///
    /// - Throws: ``AddressError`` that says what to write instead.
    public init(_ text: String) throws(AddressError) {
        let shown = Self.redacted(text)
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else {
            throw AddressError(
                description: "\"\(shown)\" has white space or control characters in it; write a space as %20"
            )
        }
        guard let separator = text.range(of: "://") else {
            try self.init(scpForm: text, shown: shown)
            return
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "https": try self.init(.https, rest, shown: shown)
        case "http": try self.init(.http, rest, shown: shown)
        case "ssh", "git+ssh", "ssh+git": try self.init(.ssh, rest, shown: shown)
        case let scheme:
            throw AddressError(
                description: "\"\(shown)\": \(scheme):// is not read; write https://, ssh://, a path or a file:// URL"
            )
        }
    }

    /// Parses the part after `scheme://`.
    private init(_ transport: Transport, _ text: Substring, shown: String) throws(AddressError) {
        let authority = text.prefix { $0 != "/" }
        let path = text[authority.endIndex...]
        guard path.count > 1, !path.contains("?"), !path.contains("#") else {
            throw AddressError(description: "\"\(shown)\" names no repository; write scheme://host/path.git")
        }
        let at = authority.lastIndex(of: "@")
        let (host, port) = try Self.hostAndPort(
            at.map { authority[authority.index(after: $0)...] } ?? authority,
            shown: shown
        )
        let credentials = at.map {
            authority[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        }
        let user = credentials?.first.flatMap { $0.isEmpty ? nil : String($0) }
        let password = (credentials?.count ?? 0) > 1 ? credentials?.last.map(String.init) : nil
        let place = (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
        switch transport {
        case .ssh:
            guard password == nil else {
                throw AddressError(
                    description: "\"\(shown)\": ssh takes no password from an address; name a key as repository.sshKey"
                )
            }
            try Self.checkSSHUser(user, shown: shown)
            let prefix = user.map { "\($0)@" } ?? ""
            self.init(transport: .ssh, host: host, port: port, url: "ssh://\(prefix)\(place)\(path)")
        case .https, .http, .file:
            guard transport != .http || LoopbackHost.contains(host) else {
                throw AddressError(
                    description: """
                        "\(shown)": plain http is for loopback addresses alone, since anybody on the way could replace the \
                        code that is run; write https://
                        """
                )
            }
            self.init(
                transport: transport,
                host: host,
                port: port,
                url: "\(transport.rawValue)://\(place)\(path)",
                user: user?.removingPercentEncoding ?? user,
                password: password?.removingPercentEncoding ?? password
            )
        }
    }

    /// Parses `[user@]host:path`.
    private init(scpForm text: String, shown: String) throws(AddressError) {
        guard shown == text else {
            throw AddressError(
                description: "\"\(shown)\" is no address of ssh's; write https://… or git@host:path.git"
            )
        }
        let at = text.prefix { $0 != "/" && $0 != ":" }.lastIndex(of: "@")
        let user = at.map { String(text[..<$0]) }
        let rest = at.map { text[text.index(after: $0)...] } ?? text[...]
        let end = rest.hasPrefix("[") ? rest.firstIndex(of: "]") ?? rest.startIndex : rest.startIndex
        // In git, two colons name a remote helper program.
        guard let colon = rest[end...].firstIndex(of: ":"), let first = rest[colon...].dropFirst().first, first != ":"
        else {
            throw AddressError(description: "\"\(shown)\" names no repository; write user@host:path.git")
        }
        let (host, _) = try Self.hostAndPort(rest[..<colon], shown: shown)
        try Self.checkSSHUser(user, shown: shown)
        self.init(transport: .ssh, host: host, url: text)
    }

    private static func hostAndPort(
        _ text: Substring,
        shown: String
    ) throws(AddressError) -> (host: String, port: Int?) {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            port = rest.isEmpty ? nil : rest.hasPrefix(":") ? rest.dropFirst() : "none"
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        // A host that begins with a dash would be an option of ssh.
        let isHost = host.utf8.allSatisfy {
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%".utf8.contains($0)
        }
        guard !host.isEmpty, !host.hasPrefix("-"), isHost else {
            throw AddressError(description: "\"\(shown)\" names no host; write scheme://host/path.git")
        }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), 1...65535 ~= number else {
            throw AddressError(description: "\"\(shown)\": a port is a number from 1 to 65535")
        }
        return (String(host), number)
    }

    private static func checkSSHUser(_ user: String?, shown: String) throws(AddressError) {
        guard let user else { return }
        guard !user.isEmpty, !user.hasPrefix("-") else {
            throw AddressError(
                description: "\"\(shown)\" has no user's name before the @; write git@host:path.git"
            )
        }
    }

    /// A text without credentials: the part before the last `@` of the host is removed, unless it is only the user of
    /// ssh.
    static func redacted(_ text: String) -> String {
        guard let separator = text.range(of: "://") else {
            let authority = text.prefix { $0 != "/" }
            guard let at = authority.lastIndex(of: "@"), text[..<at].contains(":") else { return text }
            return "***" + text[at...]
        }
        let authority = text[separator.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return text }
        return text[..<separator.upperBound] + "***" + text[at...]
    }
}

/// A text that is hidden in messages and debugger output.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }
}
