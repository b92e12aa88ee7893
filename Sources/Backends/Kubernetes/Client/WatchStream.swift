/// One line of a watch.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/watch-event-v1/> and
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks>.
enum WatchEvent<Object: Decodable & Sendable>: Decodable, Sendable {
    case changed(Object)
    case deleted(Object)
    /// Nothing else changed up to this version.
    case bookmark(version: String)
    case failed(APIStatus)
    /// An event type that this client doesn't know.
    case other

    private enum Key: String, CodingKey {
        case type, object
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ADDED", "MODIFIED": self = .changed(try container.decode(Object.self, forKey: .object))
        case "DELETED": self = .deleted(try container.decode(Object.self, forKey: .object))
        case "BOOKMARK":
            self = .bookmark(version: try container.decode(Bookmark.self, forKey: .object).metadata.resourceVersion)
        case "ERROR": self = .failed(try container.decode(APIStatus.self, forKey: .object))
        default: self = .other
        }
    }
}

private struct Bookmark: Decodable {
    struct Metadata: Decodable {
        let resourceVersion: String
    }

    let metadata: Metadata
}

/// Joins the chunks of a stream to lines.
struct LineSplitter: Sendable {
    /// The longest line in bytes. An object has at most 1.5 MiB in etcd; managed fields and JSON add to that.
    static let longest = 16 << 20

    private var rest: [UInt8] = []

    /// Whether the current line is too long for an object.
    var isOverfull: Bool { rest.count > Self.longest }

    /// Adds a chunk.
    ///
    /// - Returns: the lines that are now complete, without line ends and without empty lines.
    mutating func appendBytes(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                rest.append(byte)
            } else if !rest.isEmpty {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
            }
        }
        return lines
    }
}
