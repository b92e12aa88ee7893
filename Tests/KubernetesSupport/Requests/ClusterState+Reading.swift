import Foundation

extension ClusterState {
    /// One object.
    func get(_ key: ObjectKey, of resource: Resource) throws(APIError) -> JSONTree {
        guard let object = store[key] else { throw .notFound(resource, key.name) }
        return object
    }

    /// A list, or a page of one.
    ///
    /// A page is of the state at which the first page was; once that is forgotten, the answer is 410 and a token with which the rest can be
    /// had all the same. Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>.
    func list(_ resource: Resource, _ options: ReadOptions) throws(APIError) -> JSONTree {
        let (revision, start) = try place(options)
        guard let snapshot = store.snapshot(of: resource.qualifiedName, in: options.namespace, at: revision) else {
            throw expired(options, start)
        }
        let rest = snapshot.filter { start == nil || Self.position($0.key) >= start ?? "" }
            .filter { options.selector.matches($0.object) }
        let page = options.limit > 0 ? rest.prefix(options.limit) : rest[...]
        var list: JSONTree = [
            "apiVersion": .string(resource.apiVersion), "kind": .string("\(resource.kind)List"),
            "metadata": ["resourceVersion": .string(String(revision))],
        ]
        list["items"] = .array(page.map { Self.item($0.object, isCustom: resource.isCustom) })
        if rest.count > page.count {
            list.metadata.continue = .string(Self.token(revision: revision, from: rest[page.endIndex].key))
            if options.selector.isEmpty {
                list.metadata.remainingItemCount = .integer(rest.count - page.count)
            }
        }
        return list
    }

    /// The items of a built-in kind come without kind and version: the list says them.
    private static func item(_ object: JSONTree, isCustom: Bool) -> JSONTree {
        guard !isCustom else { return object }
        var item = object
        item["apiVersion"] = nil
        item["kind"] = nil
        return item
    }

    /// At which revision a list is, and from which key on.
    private func place(_ options: ReadOptions) throws(APIError) -> (revision: Int, start: String?) {
        if !options.continuation.isEmpty {
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            guard let data = Data(base64Encoded: options.continuation),
                let token = try? JSONTree(json: String(decoding: data, as: UTF8.self)),
                let revision = token.rv.int, let start = token.start.text
            else {
                throw .badRequest("continue key is not valid: encoded continue token cannot be decoded")
            }
            return (revision < 0 ? store.revision : revision, start)
        }
        if options.resourceVersion.isEmpty {
            guard options.resourceVersionMatch.isEmpty else {
                throw .badRequest("resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
            return (store.revision, nil)
        }
        let wanted = try revision(options.resourceVersion)
        if wanted == 0 { return (options.staleRevision.map { max($0, store.compacted) } ?? store.revision, nil) }
        guard wanted <= store.revision else { throw tooNew(wanted) }
        return (options.resourceVersionMatch == "Exact" ? wanted : store.revision, nil)
    }

    /// Reads a resource version. To a client it is opaque; to the server it is a number.
    func revision(_ text: String) throws(APIError) -> Int {
        guard let revision = Int(text), revision >= 0 else {
            throw .badRequest(
                "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax"
            )
        }
        return revision
    }

    /// A revision of the future: the client is to wait.
    ///
    /// Source: `NewTooLargeResourceVersionError`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/storage/errors.go>.
    private func tooNew(_ wanted: Int) -> APIError {
        APIError(
            504,
            "Timeout",
            "Too large resource version: \(wanted), current: \(store.revision)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ]
        )
    }

    private func expired(_ options: ReadOptions, _ start: String?) -> APIError {
        guard let start else {
            return .expired("The resourceVersion for the provided list is too old.")
        }
        var error = APIError.expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the"
                + " continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing"
                + " with the provided token results in an inconsistent list - objects that were created, modified, or deleted between"
                + " the time the first chunk was returned and now may show up in the list."
        )
        error.continuation = Self.token(revision: -1, at: start)
        return error
    }

    private static func position(_ key: ObjectKey) -> String { "\(key.namespace)/\(key.name)" }

    private static func token(revision: Int, from key: ObjectKey) -> String {
        token(revision: revision, at: position(key))
    }

    private static func token(revision: Int, at start: String) -> String {
        let token: JSONTree = ["v": "meta.k8s.io/v1", "rv": .integer(revision), "start": .string(start)]
        return Data(token.json.utf8).base64EncodedString()
    }

    /// Opens a watch.
    ///
    /// A watch without a version, or from 0, begins with an event for each object there is. One from a version begins behind it; where that
    /// is forgotten it is opened all the same and its one event is the 410. Source:
    /// <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes> and `newErrWatcher`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go>.
    func watch(_ resource: Resource, _ options: WatchOptions) throws(APIError) -> OpenWatch {
        let version = options.read.resourceVersion
        let start = version.isEmpty ? 0 : try revision(version)
        let (stream, events) = AsyncStream<Watcher.Event>.makeStream()
        let watcher = Watcher(
            resource: resource.qualifiedName,
            namespace: options.read.namespace,
            selector: options.read.selector,
            wantsBookmarks: options.wantsBookmarks,
            events: events
        )
        if start == 0 || options.sendsInitialEvents {
            let snapshot = store.snapshot(
                of: resource.qualifiedName,
                in: options.read.namespace,
                at: store.revision
            )
            for (_, object) in snapshot ?? [] where watcher.selector.matches(object) {
                events.yield(.added(object))
            }
            if options.sendsInitialEvents, options.wantsBookmarks {
                events.yield(.bookmark(revision: store.revision, isInitialEnd: true))
            }
        } else {
            guard let missed = store.changes(after: start) else {
                events.yield(.failed(.expired("too old resource version: \(start) (\(store.compacted))")))
                events.finish()
                return OpenWatch(number: 0, events: stream)
            }
            for change in missed { watcher.send(change) }
        }
        return OpenWatch(number: open(watcher), events: stream)
    }
}

/// A watch as its reader has it.
struct OpenWatch: Sendable {
    /// For ``ClusterState/close(_:)``.
    let number: Int
    let events: AsyncStream<Watcher.Event>
}
