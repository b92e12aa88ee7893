import ArgumentParser
import Foundation
import Jobs

/// The options of every verb that asks a service.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The service: http://HOST:PORT, https://HOST, or unix:PATH. (default: $TFJOB_ADMIN_SERVER, else \(ServerAddress.standard))",
            valueName: "url"
        )
    )
    var server: String?

    @OptionGroup var credentials: ServerCredentials

    /// Creates a client for the selected service.
    ///
    /// - Throws: ``ServerError`` if the address or a file is invalid.
    func client() throws(ServerError) -> ServerClient {
        try credentials.client(of: server)
    }
}

/// The options for authentication: the token of the user, and the certificate authority of the service.
struct ServerCredentials: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with a bearer token. (default: $TFJOB_ADMIN_TOKEN_FILE, or the token itself as $TFJOB_ADMIN_TOKEN)",
            valueName: "file"
        )
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file with an authority to trust beside the system's. (default: $TFJOB_ADMIN_CA_FILE)",
            valueName: "file"
        )
    )
    var caFile: String?

    /// - Parameter server: the address of the service. Nil: the address from the environment, or the default.
    func client(of server: String?) throws(ServerError) -> ServerClient {
        try ServerClient(server: server, tokenFile: tokenFile, authorityFile: caFile)
    }
}

extension ServerClient {
    /// Creates a client from options. The variables `TFJOB_ADMIN_SERVER`, `TFJOB_ADMIN_TOKEN`, `TFJOB_ADMIN_TOKEN_FILE`
    /// and `TFJOB_ADMIN_CA_FILE` replace missing ones.
    init(server: String? = nil, tokenFile: String? = nil, authorityFile: String? = nil) throws(ServerError) {
        address = try ServerAddress(server ?? Self.variable("TFJOB_ADMIN_SERVER") ?? ServerAddress.standard)
        proxy = try ProxyRules().proxy(for: address)
        trust = try (authorityFile ?? Self.variable("TFJOB_ADMIN_CA_FILE")).map(Self.trustAuthority)
        if let tokenFile {
            token = try Self.token(in: tokenFile)
        } else if let text = Self.variable("TFJOB_ADMIN_TOKEN") {
            token = try Self.token(text, of: "$TFJOB_ADMIN_TOKEN")
        } else {
            token = try Self.variable("TFJOB_ADMIN_TOKEN_FILE").map(Self.token)
        }
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func token(in file: String) throws(ServerError) -> String {
        // Read through a handle, because the file may be a pipe.
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.readToEnd() ?? Data() else {
            throw ServerError(.usage, "the token file \(file) can't be read")
        }
        return try token(String(decoding: data, as: UTF8.self), of: "the token file \(file)")
    }

    private static func token(_ text: String, of place: String) throws(ServerError) -> String {
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // Other bytes would end the header's value, or the request.
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ServerError(.usage, "\(place) holds no token; write it there, on one line")
        }
        return token
    }
}

/// A duration on the command line, in the syntax of the configuration: `250ms`, `15s`, `10m`, `1h`.
struct Timeout: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = Duration(setting: argument) else { return nil }
        self.duration = duration
    }

    /// The text of the default value in the help.
    var description: String {
        let seconds = duration.components.seconds
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
