/// All objects, each with the revision that wrote it, and the history of changes: what etcd and the watch cache are to a real server.
///
/// One counter numbers all changes of all kinds: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>.
struct ObjectStore: Sendable {
    /// What became of one object at one revision.
    struct Change: Sendable {
        let revision: Int
        let key: ObjectKey
        /// The object before; nil where it is new.
        let old: JSONTree?
        /// The object after; nil where it is gone.
        let new: JSONTree?

        /// The object as a watch shows it: of one that is gone the last state, with the revision of its end.
        var object: JSONTree {
            guard new == nil, var object = old else { return new ?? .null }
            object.metadata.resourceVersion = .string(String(revision))
            return object
        }
    }

    /// The newest revision.
    private(set) var revision = 1
    /// History before this revision is forgotten; lists at it can be made still.
    private(set) var compacted = 1
    private(set) var objects: [ObjectKey: JSONTree] = [:]
    private var names: [String: Set<ObjectKey>] = [:]
    private var dependents: [String: Set<ObjectKey>] = [:]
    private(set) var history: [Change] = []

    subscript(key: ObjectKey) -> JSONTree? { objects[key] }

    /// The keys of a resource, in order.
    func keys(of resource: String, in namespace: String? = nil) -> [ObjectKey] {
        (names[resource] ?? []).filter { namespace == nil || $0.namespace == namespace }.sorted()
    }

    /// The objects that name another as their owner.
    func dependents(of uid: String) -> [ObjectKey] { (dependents[uid] ?? []).sorted() }

    /// Writes an object; the store gives it its resource version.
    mutating func put(_ object: JSONTree, at key: ObjectKey) -> Change {
        revision += 1
        var object = object
        object.metadata.resourceVersion = .string(String(revision))
        let old = objects[key]
        index(old, object, at: key)
        objects[key] = object
        return record(Change(revision: revision, key: key, old: old, new: object))
    }

    /// Takes an object away.
    mutating func remove(_ key: ObjectKey) -> Change? {
        guard let old = objects.removeValue(forKey: key) else { return nil }
        revision += 1
        index(old, nil, at: key)
        return record(Change(revision: revision, key: key, old: old, new: nil))
    }

    private mutating func record(_ change: Change) -> Change {
        history.append(change)
        return change
    }

    private mutating func index(_ old: JSONTree?, _ new: JSONTree?, at key: ObjectKey) {
        if new == nil {
            names[key.resource]?.remove(key)
        } else {
            names[key.resource, default: []].insert(key)
        }
        let before = Set(old?.metadata.ownerReferences.elements.compactMap(\.uid.text) ?? [])
        let after = Set(new?.metadata.ownerReferences.elements.compactMap(\.uid.text) ?? [])
        for uid in before.subtracting(after) { dependents[uid]?.remove(key) }
        for uid in after.subtracting(before) { dependents[uid, default: []].insert(key) }
    }

    /// Forgets the history before the newest revision, as etcd's compaction does every five minutes.
    mutating func compact() {
        compacted = revision
        history = []
    }

    /// The changes after a revision; nil where they are forgotten.
    func changes(after revision: Int) -> ArraySlice<Change>? {
        guard revision >= compacted else { return nil }
        let start = history.partitioningIndex { $0.revision > revision }
        return history[start...]
    }

    /// The objects of a resource as they were at a revision, in order; nil where that is forgotten.
    func snapshot(of resource: String, in namespace: String?, at revision: Int) -> [(key: ObjectKey, object: JSONTree)]?
    {
        guard let later = changes(after: revision) else { return nil }
        var past: [ObjectKey: JSONTree?] = [:]
        for change in later.reversed() where change.key.resource == resource {
            past[change.key] = change.old
        }
        let keys = Set(keys(of: resource, in: namespace)).union(
            past.keys.filter { namespace == nil || $0.namespace == namespace }
        )
        return keys.sorted().compactMap { key in
            let object = past[key] ?? objects[key]
            return object.map { (key, $0) }
        }
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element fits, in a collection that is ordered by that.
    func partitioningIndex(where fits: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if fits(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
