import NIOCore

extension Watcher.Event {
    /// As a watch sends it, `metav1.WatchEvent`.
    func line(of resource: Resource) -> ByteBuffer {
        let (type, object): (String, JSONTree) =
            switch self {
            case .added(let object): ("ADDED", object)
            case .modified(let object): ("MODIFIED", object)
            case .deleted(let object): ("DELETED", object)
            case .failed(let error): ("ERROR", error.status)
            case .bookmark(let revision, let isInitialEnd):
                ("BOOKMARK", Self.bookmark(revision, isInitialEnd, resource))
            }
        let event: JSONTree = ["type": .string(type), "object": object]
        var bytes: [UInt8] = []
        event.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return ByteBuffer(bytes: bytes)
    }

    /// An object of which only the revision counts.
    private static func bookmark(_ revision: Int, _ isInitialEnd: Bool, _ resource: Resource) -> JSONTree {
        var object: JSONTree = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion),
            "metadata": ["resourceVersion": .string(String(revision)), "creationTimestamp": .null],
        ]
        if isInitialEnd { object.metadata.annotations = ["k8s.io/initial-events-end": "true"] }
        return object
    }
}
