/// Where each key belongs, for those that are written elsewhere.
enum KeyPlaces {
    /// What to say of the place of a known key; nil for an unknown one.
    static func place(of key: String) -> String? {
        for (names, place) in all where names.contains(key) {
            return place
        }
        return nil
    }

    private static let all: [(names: [String], place: String)] = [
        (JobDraft.table.names, "the job itself (\"spec\", where there is one)"),
        (RunPolicy.table.names, "\"runPolicy\""),
        (ReplicaGroupDraft.table.names, "an element of \"replicas\""),
        (MetadataDraft.table.names, "\"metadata\", beside \"spec\""),
    ]
}
