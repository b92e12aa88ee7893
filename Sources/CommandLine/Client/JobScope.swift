import ArgumentParser
import JobFile
import Jobs

/// The jobs that an argument selects: `CID[/PARTITION[/ID]]`, or no argument for all.
enum JobScope: Hashable, Sendable {
    case all
    case cluster(String)
    case partition(cluster: String, partition: String)
    case job(JobKey)

    /// - Throws: ``ServerError`` of the kind `usage` if the text can't name a job, a partition or a cluster.
    init(_ text: String?) throws(ServerError) {
        guard let text else {
            self = .all
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let limits = [
            ("cluster", JobPath.longestLabel), ("partition", JobPath.longestLabel), ("job id", JobPath.longestID),
        ]
        for (part, (what, limit)) in zip(parts, limits) {
            if let fault = JobPath.labelFault(part, limit: limit) {
                throw Self.usage(text, ": the \(what) \(PlainText.quoted(part)) \(fault)")
            }
        }
        switch parts.count {
        case 1: self = .cluster(parts[0])
        case 2: self = .partition(cluster: parts[0], partition: parts[1])
        case 3: self = .job(JobKey(cluster: parts[0], partition: parts[1], id: parts[2]))
        default: throw Self.usage(text, "")
        }
    }

    private static func usage(_ text: String, _ fault: String) -> ServerError {
        ServerError(
            .usage,
            "\(PlainText.quoted(text)) names no jobs\(fault); write CID, CID/PARTITION or CID/PARTITION/ID"
        )
    }
}

extension JobKey {
    /// Parses `CID/PARTITION/ID`.
    ///
    /// - Throws: ``ServerError`` of the kind `usage`.
    init(argument text: String) throws(ServerError) {
        guard case .job(let key) = try JobScope(text) else {
            throw ServerError(.usage, "\(PlainText.quoted(text)) is no job; write CID/PARTITION/ID")
        }
        self = key
    }
}

/// Finds jobs with similar names for a job that does not exist.
struct Neighbours {
    let client: ServerClient

    /// The maximum number of names in a message.
    private static let shown = 5

    /// Adds the closest id in the partition to an error about a job, or the first ids if none is close.
    func explainAbsence(_ error: ServerError, _ key: JobKey) async -> ServerError {
        let path = APIPath.jobsPage(cluster: key.cluster, partition: key.partition)
        let list = try? await client.get(ListAnswer<JobAnswer>.self, path, deadline: .seconds(5))
        let ids = list?.items.map(\.metadata.id) ?? []
        if let close = Suggestion.closest(to: key.id, among: ids) {
            let likely = JobKey(cluster: key.cluster, partition: key.partition, id: close)
            return ServerError(.notFound, "\(error); did you mean \(likely)?")
        }
        guard !ids.isEmpty else {
            if let place = await nearestPlace(key) {
                return ServerError(.notFound, "\(error); did you mean \(place)?")
            }
            guard list != nil else { return error }
            return ServerError(
                .notFound,
                "\(error); \(key.cluster)/\(key.partition) has no jobs: see tfjob-admin status \(key.cluster)"
            )
        }
        let names = ids.prefix(Self.shown).joined(separator: ", ")
        let more = ids.count > Self.shown || list?.metadata?.continue != nil ? ", …" : ""
        return ServerError(.notFound, "\(error); there are \(names)\(more)")
    }

    /// The job of the same id in the partition, or in the cluster, whose name is closest; nil if none is close.
    private func nearestPlace(_ key: JobKey) async -> JobKey? {
        guard let clusters = try? await names(at: APIPath.clusters) else { return nil }
        let cluster =
            clusters.contains(key.cluster) ? key.cluster : Suggestion.closest(to: key.cluster, among: clusters)
        guard let cluster, let partitions = try? await names(at: APIPath.partitions(of: cluster)) else { return nil }
        let partition =
            partitions.contains(key.partition)
            ? key.partition : Suggestion.closest(to: key.partition, among: partitions)
        guard let partition else { return nil }
        let likely = JobKey(cluster: cluster, partition: partition, id: key.id)
        let page = APIPath.jobsPage(cluster: cluster, partition: partition)
        guard let list = try? await client.get(ListAnswer<JobAnswer>.self, page, deadline: .seconds(5)),
            list.items.contains(where: { $0.metadata.id == key.id })
        else { return nil }
        return likely
    }

    private func names(at path: String) async throws(ServerError) -> [String] {
        try await client.get(ListAnswer<GroupAnswer>.self, path, deadline: .seconds(5)).items.map(\.id)
    }
}
