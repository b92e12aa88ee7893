import Jobs

/// An object that the store keeps.
protocol StoredObject: ClusterObject {
    /// Notes that it is there; the run that changed by it, if any.
    func put(into store: inout RunStore) -> RunID?
    /// Notes that it is gone.
    func remove(from store: inout RunStore) -> RunID?
    /// Notes that these are all that there are.
    static func replace(in store: inout RunStore, by objects: [Self], version: String) -> Set<RunID>
}

extension AnchorObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func replace(in store: inout RunStore, by objects: [Self], version: String) -> Set<RunID> {
        store.replace(objects, version: version)
    }
}

extension BatchJobObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func replace(in store: inout RunStore, by objects: [Self], version: String) -> Set<RunID> {
        store.replace(objects, version: version)
    }
}

extension PodObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func replace(in store: inout RunStore, by objects: [Self], version: String) -> Set<RunID> {
        store.replace(objects, version: version)
    }
}
