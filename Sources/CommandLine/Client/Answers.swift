import Jobs

/// The part of the REST view's job object that the command line needs. Missing values are empty, because the service
/// may have another version.
struct JobAnswer: Decodable, Sendable, Equatable {
    struct Metadata: Decodable, Sendable, Equatable {
        let id: String
        let cluster: String
        let partition: String
        /// The author of the commit that added the file.
        @Lenient var uid: String
        /// The author of ``commit``.
        @Lenient var author: String
        @Lenient var commit: String
    }

    struct Status: Decodable, Sendable, Equatable {
        struct Replica: Decodable, Sendable, Equatable {
            let id: String
            @Lenient var type: String
            @Lenient var index: Int
            @Lenient var status: String
            @Lenient var restartCount: Int
            let startTime: String?
            let exitCode: Int?
            let node: String?

            /// The name of the replica within its run: `worker-0`.
            var name: String { "\(type)-\(index)" }
            var hasEnded: Bool { status == "Succeeded" || status == "Failed" }
        }

        let phase: String
        @Lenient var reason: String
        @Lenient var message: String
        @Lenient var run: Int
        /// The commit from which the run got its code.
        @Lenient var runCommit: String
        /// The author of ``runCommit``.
        @Lenient var runAuthor: String
        let startTime: String?
        let completionTime: String?
        let activeSeconds: Double?
        let activeSince: String?
        @Lenient var replicas: [Replica]
        /// Nil: unknown, or the service is of an earlier version.
        let progress: RunProgress?
        @Lenient var issues: [Issue]
    }

    let metadata: Metadata
    let status: Status

    var key: JobKey { JobKey(cluster: metadata.cluster, partition: metadata.partition, id: metadata.id) }
}

/// A value that is empty if it is missing or null in the JSON object.
@propertyWrapper
struct Lenient<Value: Decodable & Sendable & Equatable & Empty>: Decodable, Sendable, Equatable {
    let wrappedValue: Value

    init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? .empty : try container.decode(Value.self)
    }
}

/// A type with an empty value.
protocol Empty {
    static var empty: Self { get }
}

extension String: Empty {
    static var empty: String { "" }
}

extension Int: Empty {
    static var empty: Int { 0 }
}

extension Array: Empty {
    static var empty: Self { [] }
}

extension KeyedDecodingContainer {
    func decode<Value>(_ type: Lenient<Value>.Type, forKey key: Key) throws -> Lenient<Value> {
        try decodeIfPresent(type, forKey: key) ?? Lenient(wrappedValue: .empty)
    }
}

extension ServerClient {
    /// Gets one job. Returns nil if the service has no such job.
    func job(_ key: JobKey, deadline: Duration = ServerClient.standardDeadline) async throws(ServerError) -> JobAnswer?
    {
        do throws(ServerError) {
            return try await get(JobAnswer.self, APIPath.job(key), deadline: deadline)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}

/// The REST view's report on a commit.
struct CommitAnswer: Decodable, Sendable {
    /// The action of a commit on one job.
    struct Action: Decodable, Sendable {
        let cluster: String
        let partition: String
        let id: String
        let action: String?
        let result: String
        let error: String?
        let run: Int?

        /// Whether the service retries the action. It waits for the cluster, or for space on the disk.
        var isTriedAgain: Bool { result == "held" && error != nil }

        /// Whether the job waits for other jobs.
        var isWaiting: Bool { result == "pending" && error != nil }

        var key: JobKey { JobKey(cluster: cluster, partition: partition, id: id) }
    }

    let commit: String
    @Lenient var author: String
    @Lenient var message: String
    let state: String
    let actions: [Action]
    let issues: [Issue]

    /// Whether no action is under way.
    var isSettled: Bool { state != "pending" }

    /// Whether the service retries at least one action.
    var isTriedAgain: Bool { state != "superseded" && actions.contains(where: \.isTriedAgain) }
}

extension ServerClient {
    /// Gets the report on a commit.
    func commit(_ sha: String, deadline: Duration = ServerClient.standardDeadline) async throws(ServerError)
        -> CommitAnswer
    {
        try await get(CommitAnswer.self, APIPath.commit(sha), deadline: deadline)
    }
}

extension Array where Element: Sendable {
    /// Sends a request for each element, a fixed number at a time, and returns the answers in the order of the
    /// elements.
    ///
    /// - Throws: the error of the first element that failed, after all pending requests have ended.
    func mapConcurrently<Answer: Sendable>(
        width: Int = 8,
        _ ask: @escaping @Sendable (Element) async throws(ServerError) -> Answer
    ) async throws(ServerError) -> [Answer] {
        var answers: [Answer] = []
        var rest = self[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(width))
            rest = rest.dropFirst(width)
            let results = await withTaskGroup(of: (Int, Result<Answer, ServerError>).self) { group in
                for (index, element) in batch.enumerated() {
                    group.addTask {
                        do throws(ServerError) {
                            return (index, .success(try await ask(element)))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for index in batch.indices {
                guard let result = results[index] else { continue }
                answers.append(try result.get())
            }
        }
        return answers
    }
}
