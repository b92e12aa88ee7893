import JobFile
import Jobs

/// Looks for what may have been meant by a name that is not there.
struct Neighbours {
    let client: ServerClient

    /// So many names are shown.
    private static let shown = 5

    /// An error about a job, with the ids that are like its own; where none is, with what the partition has.
    func explain(_ error: ServerError, _ key: JobKey) async -> ServerError {
        let path = APIPath.jobs(cluster: key.cluster, partition: key.partition) + "?limit=500"
        guard let list = try? await client.get(ListAnswer<JobAnswer>.self, path, deadline: .seconds(5)) else {
            return error
        }
        let ids = list.items.map(\.metadata.id)
        if let close = Suggestion.closest(to: key.id, among: ids) {
            let likely = JobKey(cluster: key.cluster, partition: key.partition, id: close)
            return ServerError(.notFound, "\(error); did you mean \(likely)?")
        }
        guard !ids.isEmpty else {
            return ServerError(
                .notFound,
                "\(error); \(key.cluster)/\(key.partition) has no jobs: see tfjob-admin status \(key.cluster)"
            )
        }
        let names = ids.prefix(Self.shown).joined(separator: ", ")
        let more = ids.count > Self.shown || list.metadata?.continue != nil ? ", …" : ""
        return ServerError(.notFound, "\(error); there are \(names)\(more)")
    }
}
