/// One open watch: what it is of, and where its events go.
struct Watcher: Sendable {
    /// What a watch hears.
    enum Event: Sendable {
        case added(JSONTree)
        case modified(JSONTree)
        case deleted(JSONTree)
        /// All changes up to a revision were sent.
        case bookmark(revision: Int, isInitialEnd: Bool)
        case failed(APIError)
    }

    let resource: String
    let namespace: String?
    let selector: Selector
    var wantsBookmarks = false
    let events: AsyncStream<Event>.Continuation

    /// Sends a change, as it looks through the selector: an object that comes to fit is added, one that no longer fits is deleted.
    ///
    /// Source: `convertToWatchEvent`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go>.
    func send(_ change: ObjectStore.Change) {
        guard change.key.resource == resource, namespace == nil || namespace == change.key.namespace else { return }
        let fitted = change.old.map(selector.matches) ?? false
        let fits = change.new.map(selector.matches) ?? false
        switch (fitted, fits) {
        case (false, true): events.yield(.added(change.object))
        case (true, true): events.yield(.modified(change.object))
        case (true, false):
            var last = change.old ?? .null
            last.metadata.resourceVersion = .string(String(change.revision))
            events.yield(.deleted(last))
        case (false, false): break
        }
    }
}
