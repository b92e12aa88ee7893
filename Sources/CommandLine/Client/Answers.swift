import Jobs

/// What the REST view says of a job, as far as the command line needs it. What is not there is empty: services of other versions answer too.
struct JobAnswer: Decodable, Sendable, Equatable {
    struct Metadata: Decodable, Sendable, Equatable {
        let id: String
        let cluster: String
        let partition: String
        @Lenient var uid: String
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

            /// `worker-0`: the replica within its run.
            var name: String { "\(type)-\(index)" }
            var hasEnded: Bool { status == "Succeeded" || status == "Failed" }
        }

        let phase: String
        @Lenient var reason: String
        @Lenient var message: String
        @Lenient var run: Int
        /// The commit whose code the run has.
        @Lenient var runCommit: String
        let startTime: String?
        let completionTime: String?
        @Lenient var replicas: [Replica]
        @Lenient var issues: [Issue]
    }

    let metadata: Metadata
    let status: Status

    var key: JobKey { JobKey(cluster: metadata.cluster, partition: metadata.partition, id: metadata.id) }
}

/// A value that may be missing or null, and then is what stands for nothing.
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

/// A type that has a value for nothing.
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
    /// One job; nil where there is none.
    func job(_ key: JobKey, deadline: Duration = .seconds(30)) async throws(ServerError) -> JobAnswer? {
        do throws(ServerError) {
            return try await get(JobAnswer.self, APIPath.job(key), deadline: deadline)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }
}

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

extension Array where Element: Sendable {
    /// Asks for each element, so many at a time, and gives the answers in the order of the elements.
    ///
    /// - Throws: the first failure, in that order; those that are under way are waited for.
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
