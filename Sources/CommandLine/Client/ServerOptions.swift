import ArgumentParser
import Foundation
import Jobs

/// Which service to ask, and as whom: the options of every verb that asks one.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The service: http://HOST:PORT, https://HOST, or unix:PATH. (default: $TFJOB_ADMIN_SERVER, else http://127.0.0.1:8899)",
            valueName: "url"
        )
    )
    var server: String?

    @OptionGroup var credentials: ServerCredentials

    /// The service that is meant.
    ///
    /// - Throws: ``ServerError`` where the address or a file can't be used.
    func client() throws(ServerError) -> ServerClient {
        try credentials.client(of: server)
    }
}

/// As whom to ask a service, and how to know that it is the one.
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

    /// - Parameter server: its address; nil for the one of the environment.
    func client(of server: String?) throws(ServerError) -> ServerClient {
        try ServerClient(server: server, tokenFile: tokenFile, authorityFile: caFile)
    }
}

extension ServerClient {
    /// Takes options, and what stands in for those that are not given: `TFJOB_ADMIN_SERVER`, `TFJOB_ADMIN_TOKEN` or
    /// `TFJOB_ADMIN_TOKEN_FILE`, and `TFJOB_ADMIN_CA_FILE`.
    init(server: String? = nil, tokenFile: String? = nil, authorityFile: String? = nil) throws(ServerError) {
        address = try ServerAddress(server ?? Self.variable("TFJOB_ADMIN_SERVER") ?? ServerAddress.standard)
        proxy = try ProxyRules().proxy(for: address)
        trust = try (authorityFile ?? Self.variable("TFJOB_ADMIN_CA_FILE")).map(Self.trust)
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
        // By a handle: it may well be a pipe.
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.readToEnd() ?? Data() else {
            throw ServerError(.usage, "the token file \(file) can't be read")
        }
        return try token(String(decoding: data, as: UTF8.self), of: "the token file \(file)")
    }

    private static func token(_ text: String, of place: String) throws(ServerError) -> String {
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // A header's value: anything else would end it, or the request.
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ServerError(.usage, "\(place) holds no token; write it there, on one line")
        }
        return token
    }
}

/// A time on the command line, as in the configuration: `250ms`, `15s`, `10m`, `1h`.
struct Timeout: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = Duration(setting: argument) else { return nil }
        self.duration = duration
    }

    /// As help shows the default.
    var description: String {
        let seconds = duration.components.seconds
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
