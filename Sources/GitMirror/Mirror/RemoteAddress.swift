/// Where a repository is on the network.
///
/// What stands before the host of an `https` address is kept apart from it: it may be a token, and is shown nowhere.
public struct RemoteAddress: Sendable, Equatable {
    /// How it is spoken to.
    package enum Transport: String, Sendable {
        case https
        /// Of this machine's loopback addresses alone.
        case http
        case ssh
        /// A folder, through git's own protocol: for tests, the service reads one in place.
        case file
    }

    package let transport: Transport
    /// The name or the address, without brackets; empty of a folder.
    package let host: String
    /// Nil where it is the transport's own.
    package let port: Int?
    /// As git takes it, without the user and the password of an `https` address.
    package let url: String
    /// The user of an `https` address. That of an `ssh` address is no secret and stands in ``url``.
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

    /// Names a folder of this machine.
    package init(folder: String) {
        self.init(transport: .file, host: "", url: "file://\(folder)")
    }

    /// Whether a text has the form of an address on the network, be it a good one or not: `scheme://…`, or `[user@]host:path`
    /// as scp(1) has it, with no slash before the colon.
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
    /// The host and, where it is not the usual one, the port, as known_hosts has them.
    var knownHostsName: String {
        port.map { $0 == 22 ? host : "[\(host)]:\($0)" } ?? host
    }

    /// The scheme, the host and the port: what credentials are for, and nothing else.
    var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(transport.rawValue)://\(name)" + (port.map { ":\($0)" } ?? "")
    }
}

/// Why an address can't be used: a sentence for the operator, without credentials.
public struct RemoteAddressError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The sentence.
    public let description: String
}
