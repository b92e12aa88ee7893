import Formats
import Foundation
import Jobs

/// The address of a service.
struct ServerAddress: Sendable, CustomStringConvertible {
    /// The address of a service with the default settings.
    static let standard = "http://\(ServiceDefaults.listenAddress)"

    /// The address as the user wrote it.
    let description: String
    /// The URL without a slash at the end.
    let base: String

    /// The value of the `Host` header for a Unix socket. Nil for other addresses, for which the HTTP library sets it.
    var socketHost: String? { base.hasPrefix("http+unix:") ? "localhost" : nil }

    /// Parses `http://HOST:PORT`, `https://HOST[:PORT]`, with or without a path, or `unix:PATH`.
    init(_ text: String) throws(ServerError) {
        description = text
        if text.hasPrefix("unix:") {
            let name = String(text.dropFirst("unix:".count))
            guard !name.isEmpty else {
                throw ServerError(.usage, "\(PlainText.quoted(text)) names no socket; write unix:/path/to/socket")
            }
            // The URL scheme of async-http-client for Unix sockets.
            base = "http+unix://\(PathSegment.escaped(URL(fileURLWithPath: name).standardizedFileURL.path))"
            return
        }
        guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil, url.user == nil
        else {
            throw ServerError(
                .usage,
                "\(PlainText.quoted(text)) is no service's address; write http://HOST:PORT, https://HOST, or unix:PATH"
            )
        }
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// One segment of a URL's path.
enum PathSegment {
    /// Escapes all bytes as `%XX` except ASCII letters, digits and `-._~`:
    /// <https://www.rfc-editor.org/rfc/rfc3986#section-2>.
    static func escaped(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%\([byte].hexadecimal.uppercased())"
            }
        }
    }
}

/// The paths of the REST view.
enum APIPath {
    private static let version = "/api/v1alpha1"
    static let clusters = "\(version)/clusters"
    /// The path to which forges and hooks send notices of a push.
    static let webhook = "/api/webhooks/generic"

    static func partitions(of cluster: String) -> String {
        "\(clusters)/\(PathSegment.escaped(cluster))/partitions"
    }

    static func jobs(cluster: String, partition: String) -> String {
        "\(partitions(of: cluster))/\(PathSegment.escaped(partition))/tfjobs"
    }

    /// The first page of a partition's jobs. The query can be continued with `&`.
    static func jobsPage(cluster: String, partition: String) -> String {
        "\(jobs(cluster: cluster, partition: partition))?limit=500"
    }

    static func job(_ key: JobKey) -> String {
        "\(jobs(cluster: key.cluster, partition: key.partition))/\(PathSegment.escaped(key.id))"
    }

    static func commit(_ name: String) -> String { "\(version)/commits/\(PathSegment.escaped(name))" }
}
