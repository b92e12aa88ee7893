import Jobs

/// What the REST view says became of a commit.
struct CommitAnswer: Decodable, Sendable {
    /// What it did to one job.
    struct Action: Decodable, Sendable {
        let cluster: String
        let partition: String
        let id: String
        let action: String?
        let result: String
        let error: String?
        let run: Int?

        /// Whether it waits for its cluster, or for room to write, and is tried again.
        var isTriedAgain: Bool { result == "held" && error != nil }

        var key: JobKey { JobKey(cluster: cluster, partition: partition, id: id) }
    }

    let commit: String
    let state: String
    let actions: [Action]
    let issues: [Issue]

    /// Whether nothing more is under way.
    var isSettled: Bool { state != "pending" }

    /// Whether some of it is tried again.
    var isTriedAgain: Bool { state != "superseded" && actions.contains(where: \.isTriedAgain) }
}

extension ServerClient {
    /// What became of a commit.
    func commit(_ sha: String, deadline: Duration = .seconds(30)) async throws(ServerError) -> CommitAnswer {
        try await get(CommitAnswer.self, APIPath.commit(sha), deadline: deadline)
    }
}
