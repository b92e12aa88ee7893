import Jobs
import KubernetesClient

/// An object that the store keeps.
protocol StoredObject: ClusterObject {
    /// Notes that it is there; the run that changed by it, if any.
    func put(into store: inout RunStore) -> RunID?
    /// Notes that it is gone.
    func remove(from store: inout RunStore) -> RunID?
    /// Notes that those of these uids are all that there are; the runs that changed by it.
    static func keep(_ uids: Set<String>, in store: inout RunStore, version: String) -> Set<RunID>
}

extension AnchorObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func keep(_ uids: Set<String>, in store: inout RunStore, version: String) -> Set<RunID> {
        store.keepAnchors(uids, version: version)
    }
}

extension BatchJobObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func keep(_ uids: Set<String>, in store: inout RunStore, version: String) -> Set<RunID> {
        store.keepJobs(uids, version: version)
    }
}

extension PodObject: StoredObject {
    func put(into store: inout RunStore) -> RunID? { store.put(self) }

    func remove(from store: inout RunStore) -> RunID? { store.remove(self) }

    static func keep(_ uids: Set<String>, in store: inout RunStore, version: String) -> Set<RunID> {
        store.keepPods(uids, version: version)
    }
}
