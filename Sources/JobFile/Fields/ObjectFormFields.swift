import Jobs

/// The form that the REST view returns: `{"metadata", "spec", "status"}`.
struct ObjectFormDraft: EmptyDraft {
    var metadata: Entry<MetadataDraft>?
    var spec: Entry<JobDraft>?

    static let table = FieldTable<Self>(
        "a job in the form of the service",
        [
            Field(
                "metadata",
                ObjectShape(table: MetadataDraft.table),
                title: "Metadata",
                description: "The job's name. What else is in it is the service's, and ignored."
            ) { $0.metadata = $1 },
            Field(
                "spec",
                ObjectShape(table: JobDraft.table),
                required: true,
                title: "Job",
                description: "The job itself."
            ) { $0.spec = $1 },
            Field("status", IgnoredShape(), title: "Status", description: "The service's, and ignored.") { _, _ in },
        ]
    )
}

/// The `metadata` of the form that the REST view returns.
struct MetadataDraft: EmptyDraft {
    var name: Entry<String>?

    static let table = FieldTable<Self>(
        "\"metadata\"",
        [
            Field(
                "name",
                TextShape(longest: 63, isOneLine: true),
                title: "Display name",
                description: "What people call the job, at most 63 characters. The same as the id: no name of its own."
            ) { $0.name = $1 },
            Field("partition", PartitionShape(), title: "Partition", description: "Must equal the folder's name.") {
                _,
                _ in
            },
        ] + ["uid", "author", "id", "cluster", "creationTime", "lastUpdateTime", "commit", "path"].map(ignored)
    )

    private static func ignored(_ name: String) -> Field<Self> {
        Field(name, IgnoredShape(), title: "The service's", description: "Ignored.") { _, _ in }
    }
}
