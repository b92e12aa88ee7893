import Journal

/// A page of a partition's jobs.
struct ListObject: Encodable {
    private struct Metadata: Encodable {
        let total: Int
        @Nullable var commit: String?
        @Nullable var `continue`: String?
    }

    private let metadata: Metadata
    private let items: [JobObject]

    init(_ page: JobPage, commit: String?, next: String?) {
        metadata = Metadata(total: page.total, commit: commit, continue: next)
        items = page.jobs.map(JobObject.init)
    }
}
