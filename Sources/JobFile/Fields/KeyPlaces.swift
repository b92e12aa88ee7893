import Jobs

/// Where each key belongs, for those that are written elsewhere.
enum KeyPlaces {
    /// What to say of the place of a known key; nil for an unknown one.
    static func place(of key: String) -> String? {
        // A long key is none of them, and comparing it by canonical equivalence may take long.
        guard key.utf8.count <= longest else { return nil }
        for (names, place) in all where names.contains(key) {
            return place
        }
        return nil
    }

    /// In bytes; no key of a job is so long.
    private static let longest = 64

    private static let all: [(names: [String], place: String)] = [
        (JobDraft.table.names, "the job itself (\"spec\", where there is one)"),
        (RunPolicy.table.names, "\"runPolicy\""),
        (ReplicaGroupDraft.table.names, "an element of \"replicas\""),
        (MetadataDraft.table.names, "\"metadata\", beside \"spec\""),
    ]
}
