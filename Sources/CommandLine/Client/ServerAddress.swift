import Foundation
import Jobs

/// Where a service listens.
struct ServerAddress: Sendable, CustomStringConvertible {
    /// Where a service listens that was not told otherwise.
    static let standard = "http://127.0.0.1:8899"

    /// As the user wrote it.
    let description: String
    /// Without a slash at the end; what follows it is a path.
    let base: String

    /// What the header `Host` is on a Unix socket, for which the HTTP library knows none; nil where it does.
    var socketHost: String? { base.hasPrefix("http+unix:") ? "localhost" : nil }

    /// Reads `http://HOST:PORT`, `https://HOST[:PORT]`, with or without a path, or `unix:PATH`.
    init(_ text: String) throws(ServerError) {
        description = text
        if text.hasPrefix("unix:") {
            let name = String(text.dropFirst("unix:".count))
            guard !name.isEmpty else {
                throw ServerError(.usage, "\(PlainText.quoted(text)) names no socket; write unix:/path/to/socket")
            }
            // The form of async-http-client for Unix sockets.
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

/// A name between two slashes of a URL.
enum PathSegment {
    /// Letters and digits of ASCII, and `-._~`, as they are; all else as `%XX`: <https://www.rfc-editor.org/rfc/rfc3986#section-2>.
    static func escaped(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}

/// The paths of the REST view.
enum APIPath {
    static let clusters = "/api/v1alpha1/clusters"

    static func partitions(of cluster: String) -> String {
        "\(clusters)/\(PathSegment.escaped(cluster))/partitions"
    }

    static func jobs(cluster: String, partition: String) -> String {
        "\(partitions(of: cluster))/\(PathSegment.escaped(partition))/tfjobs"
    }

    static func job(_ key: JobKey) -> String {
        "\(jobs(cluster: key.cluster, partition: key.partition))/\(PathSegment.escaped(key.id))"
    }

    static func commit(_ name: String) -> String { "/api/v1alpha1/commits/\(PathSegment.escaped(name))" }
}
