import Foundation

/// The cluster: its objects, who watches them, and what requests do to them.
///
/// Requests of clients and of the controllers take the same ways.
actor ClusterState {
    var store = ObjectStore()
    private var watchers: [Int: Watcher] = [:]
    private var lastWatcher = 0
    private var listeners: [AsyncStream<ObjectStore.Change>.Continuation] = []
    private var isStopped = false
    /// What the administrators forbid.
    var policies: [Policy] = []
    /// By ``Resource/qualifiedName``.
    let resources: [String: Resource]

    /// - Parameter hasOperator: whether TFJobs are known here.
    init(hasOperator: Bool) {
        let all = Resource.standard + (hasOperator ? [.tfJobs] : [])
        resources = Dictionary(uniqueKeysWithValues: all.map { ($0.qualifiedName, $0) })
        for name in ["default", "kube-system"] {
            _ = store.put(Self.namespace(name), at: ObjectKey(resource: "namespaces", namespace: "", name: name))
        }
    }

    private static func namespace(_ name: String) -> JSONTree {
        [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(name), "uid": .string(newUID()), "creationTimestamp": .string(timestamp()),
                "labels": ["kubernetes.io/metadata.name": .string(name)],
            ],
            "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
        ]
    }

    /// The time now, RFC 3339 in whole seconds, as the server writes all times.
    static func timestamp(_ date: Date = Date()) -> String { date.formatted(.iso8601) }

    static func newUID() -> String { UUID().uuidString.lowercased() }

    /// Writes an object and tells who watches.
    @discardableResult
    func put(_ object: JSONTree, at key: ObjectKey) -> JSONTree {
        let change = store.put(object, at: key)
        publish(change)
        return change.new ?? object
    }

    /// Takes an object away and tells who watches.
    func remove(_ key: ObjectKey) {
        if let change = store.remove(key) { publish(change) }
    }

    private func publish(_ change: ObjectStore.Change) {
        for watcher in watchers.values { watcher.send(change) }
        for listener in listeners { listener.yield(change) }
    }

    /// All changes from now on; for the controllers.
    func changes() -> AsyncStream<ObjectStore.Change> {
        let (stream, continuation) = AsyncStream<ObjectStore.Change>.makeStream()
        if isStopped { continuation.finish() } else { listeners.append(continuation) }
        return stream
    }

    /// Adds a watch that is sent what it missed already.
    ///
    /// - Returns: its number, for ``close(_:)``.
    func open(_ watcher: Watcher) -> Int {
        lastWatcher += 1
        if isStopped {
            watcher.events.finish()
        } else {
            watchers[lastWatcher] = watcher
        }
        return lastWatcher
    }

    /// Ends a watch.
    func close(_ number: Int) {
        watchers.removeValue(forKey: number)?.events.finish()
    }

    /// How many watches are open.
    var watchCount: Int { watchers.count }

    /// Sends a watch the newest revision, if it asked for that.
    func bookmark(_ number: Int) {
        guard let watcher = watchers[number], watcher.wantsBookmarks else { return }
        watcher.events.yield(.bookmark(revision: store.revision, isInitialEnd: false))
    }

    /// Ends all watches, as a server does that goes down; new ones may be opened.
    func endWatches() {
        for watcher in watchers.values { watcher.events.finish() }
        watchers = [:]
    }

    /// Ends all watches; no new ones are opened.
    func stop() {
        isStopped = true
        for watcher in watchers.values { watcher.events.finish() }
        for listener in listeners { listener.finish() }
        watchers = [:]
        listeners = []
    }

    /// Forgets the history: watches and pages that want it get 410.
    func compact() { store.compact() }
}
