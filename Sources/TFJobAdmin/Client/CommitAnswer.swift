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

        var key: JobKey { JobKey(cluster: cluster, partition: partition, id: id) }
    }

    let commit: String
    let state: String
    let actions: [Action]
    let issues: [Issue]

    /// Whether nothing more will come of it.
    var isSettled: Bool { state != "pending" }
}

/// What the REST view says of a job, as far as the command line needs it.
struct JobAnswer: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
        let id: String
        let cluster: String
        let partition: String
        let uid: String
        let commit: String
    }

    struct Status: Decodable, Sendable {
        struct Replica: Decodable, Sendable {
            let id: String
            let status: String
            let restartCount: Int
        }

        let phase: String
        let reason: String
        let message: String
        let run: Int
        let startTime: String?
        let completionTime: String?
        let replicas: [Replica]
        let issues: [Issue]
    }

    let metadata: Metadata
    let status: Status
}

extension ServerClient {
    /// What became of a commit.
    func commit(_ sha: String, deadline: Duration = .seconds(30)) async throws(ServerError) -> CommitAnswer {
        try await get(CommitAnswer.self, "/api/v1alpha1/commits/\(sha)", deadline: deadline)
    }

    /// One job; nil where there is none.
    func job(_ key: JobKey, deadline: Duration = .seconds(30)) async throws(ServerError) -> JobAnswer? {
        let path = "/api/v1alpha1/clusters/\(key.cluster)/partitions/\(key.partition)/tfjobs/\(key.id)"
        do throws(ServerError) {
            return try await get(JobAnswer.self, path, deadline: deadline)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}
