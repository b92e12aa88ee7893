import ArgumentParser
import Foundation

/// Which service to ask, and as whom: the options of every verb that asks one.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The service. (default: $TFJOB_ADMIN_SERVER, else http://127.0.0.1:8899)",
            valueName: "url"
        )
    )
    var server: String?

    @Option(help: ArgumentHelp("A file with a bearer token. (default: $TFJOB_ADMIN_TOKEN)", valueName: "file"))
    var tokenFile: String?

    /// The service that is meant.
    ///
    /// - Throws: ``ServerError`` where the address or the file can't be used.
    func client() throws(ServerError) -> ServerClient {
        try ServerClient(server: server, tokenFile: tokenFile)
    }
}

extension ServerClient {
    /// Takes options, and what stands in for those that are not given: `TFJOB_ADMIN_SERVER` and `TFJOB_ADMIN_TOKEN`.
    init(server: String? = nil, tokenFile: String? = nil) throws(ServerError) {
        address = try ServerAddress(server ?? Self.variable("TFJOB_ADMIN_SERVER") ?? ServerAddress.standard)
        guard let tokenFile else {
            token = Self.variable("TFJOB_ADMIN_TOKEN")
            return
        }
        guard let data = FileManager.default.contents(atPath: tokenFile) else {
            throw ServerError(.usage, "the token file \(tokenFile) can't be read")
        }
        token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Where a service listens.
struct ServerAddress: Sendable, CustomStringConvertible {
    /// Where a service listens that was not told otherwise.
    static let standard = "http://127.0.0.1:8899"

    /// As the user wrote it.
    let description: String
    /// Without a slash at the end; what follows it is a path.
    let base: String

    /// Reads `http://HOST:PORT`, `https://HOST[:PORT]`, with or without a path, or `unix:PATH`.
    init(_ text: String) throws(ServerError) {
        description = text
        if text.hasPrefix("unix:") {
            let path = URL(fileURLWithPath: String(text.dropFirst("unix:".count))).standardizedFileURL.path
            guard let escaped = path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
                throw ServerError(.usage, "\"\(text)\" names no socket; write unix:/path/to/socket")
            }
            // The form of async-http-client for Unix sockets.
            base = "http+unix://\(escaped)"
            return
        }
        guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil, url.user == nil
        else {
            throw ServerError(
                .usage,
                "\"\(text)\" is no service's address; write http://HOST:PORT, https://HOST, or unix:PATH"
            )
        }
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Why a service's answer can't be had: a sentence that says what to do.
struct ServerError: Error, CustomStringConvertible {
    /// What kind of failure it is, for those who do something about it.
    enum Kind: Equatable {
        /// Wrong options.
        case usage
        /// Nobody answers.
        case notReachable
        /// What is asked for is not there.
        case notFound
        /// It answered, and not with what was asked for.
        case refused
    }

    let kind: Kind
    let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
