import Foundation
import Jobs

/// What a service knows about the jobs of a plan.
struct ServiceJobs: Sendable {
    /// The state of a job.
    struct State: Sendable {
        let phase: String
        let run: Int
        /// When the run began (RFC 3339); nil if it does not run.
        let runningSince: String?
        /// The commit of the code that the run has; nil if it has none yet.
        let runCommit: String?
        /// Whether it waits for other jobs, so that its first run has not begun.
        let waits: Bool
        /// Why it waits or failed.
        let message: String

        /// Whether the run is over.
        var isOver: Bool { Phase(rawValue: phase)?.isFinal ?? false }

        /// Whether the run has no code yet, so that it takes the newest.
        var takesNewCode: Bool { runCommit == nil && Self.earlyPhases.contains(phase) }

        /// The phases in which a job may not have its code yet.
        static let earlyPhases = [Phase.pending, .queued, .held].map(\.rawValue)

        /// The state in words.
        var words: String {
            if let runningSince { return "it runs since \(runningSince)" }
            if isOver { return "run \(run) \(phase)" }
            if phase == Phase.deleting.rawValue { return "it is stopping" }
            let reason = message.isEmpty || phase == Phase.suspended.rawValue ? "" : ": \(message)"
            return "it is \(phase) now\(reason)"
        }
    }

    /// The jobs that the service has.
    let states: [JobKey: State]
    /// The resources of the jobs that run, for each partition of the plan.
    let running: [PartitionKey: ResourceSum]

    /// The service's reasons of a job that waits for others.
    private static let waitingReasons = ["DependsOn", "DependencyFailed"]
    private static let runningPhases = [Phase.running, .restarting].map(\.rawValue)
}

extension ServiceJobs {
    /// Asks a service.
    ///
    /// - Parameters:
    ///   - client: the connection to the service.
    ///   - keys: the jobs whose state to ask for.
    ///   - partitions: the partitions whose running jobs to add up.
    init(_ client: ServerClient, _ keys: [JobKey], _ partitions: [PartitionKey]) async throws(ServerError) {
        let jobs = try await keys.mapConcurrently { key throws(ServerError) in try await client.job(key) }
        var states: [JobKey: State] = [:]
        for (key, job) in zip(keys, jobs) {
            guard let status = job?.status else { continue }
            let runs = Self.runningPhases.contains(status.phase)
            states[key] = State(
                phase: status.phase,
                run: status.run,
                runningSince: runs ? status.startTime ?? "just now" : nil,
                runCommit: status.runCommit.isEmpty ? nil : status.runCommit,
                waits: Self.waitingReasons.contains(status.reason),
                message: status.message
            )
        }
        self.states = states
        let sums = try await partitions.mapConcurrently { partition throws(ServerError) in
            try await Self.runningSum(of: partition, client)
        }
        running = Dictionary(uniqueKeysWithValues: zip(partitions, sums))
    }

    /// Adds up the resources of a partition's running jobs.
    private static func runningSum(of partition: PartitionKey, _ client: ServerClient) async throws(ServerError)
        -> ResourceSum
    {
        var sum = ResourceSum()
        for phase in runningPhases {
            let path = APIPath.jobsPage(cluster: partition.cluster, partition: partition.partition) + "&phase=\(phase)"
            var next: String?
            repeat {
                let page = path + (next.map { "&continue=\(PathSegment.escaped($0))" } ?? "")
                let list: ListAnswer<RunningJob>
                do throws(ServerError) {
                    list = try await client.get(ListAnswer<RunningJob>.self, page)
                } catch {
                    // A partition that the plan adds is unknown to the service.
                    guard error.kind == .notFound else { throw error }
                    return ResourceSum()
                }
                for group in list.items.flatMap({ $0.spec?.replicas ?? [] }) {
                    sum.addReplicas(group)
                }
                next = list.metadata?.continue
            } while next != nil
        }
        return sum
    }
}

/// The part of the REST view's job object with its resources.
private struct RunningJob: Decodable, Sendable {
    struct Group: Decodable, Sendable {
        struct Resource: Decodable, Sendable {
            let cpu: String
            let memory: String
            let gpu: String
        }

        let count: String
        let resource: Resource
    }

    struct Spec: Decodable, Sendable {
        let replicas: [Group]
    }

    let spec: Spec?
}

extension ResourceSum {
    fileprivate mutating func addReplicas(_ group: RunningJob.Group) {
        guard let cpu = try? CPUQuantity(group.resource.cpu), let memory = try? MemoryQuantity(group.resource.memory)
        else { return }
        addReplicas(
            count: Int(group.count) ?? 0,
            of: Resources(cpu: cpu, memory: memory, gpu: Int(group.resource.gpu) ?? 0)
        )
    }
}
