/// One line of a watch.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/watch-event-v1/> and
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks>.
enum WatchEvent<Object: Decodable & Sendable>: Decodable, Sendable {
    case changed(Object)
    case deleted(Object)
    /// Nothing changed up to this version.
    case bookmark(version: String)
    case failed(APIStatus)
    /// A kind of event that is newer than this client.
    case other

    private enum Key: String, CodingKey {
        case type, object
    }

    private struct Marked: Decodable {
        struct Metadata: Decodable {
            let resourceVersion: String
        }

        let metadata: Metadata
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ADDED", "MODIFIED": self = .changed(try container.decode(Object.self, forKey: .object))
        case "DELETED": self = .deleted(try container.decode(Object.self, forKey: .object))
        case "BOOKMARK":
            self = .bookmark(version: try container.decode(Marked.self, forKey: .object).metadata.resourceVersion)
        case "ERROR": self = .failed(try container.decode(APIStatus.self, forKey: .object))
        default: self = .other
        }
    }
}
