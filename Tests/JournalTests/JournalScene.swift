import Foundation
import Jobs
import Journal
import TestSupport

/// A journal in a folder of its own, and what it takes to fill it.
struct JournalScene: Sendable {
    let folder: TemporaryFolder
    let journal: Journal

    static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")
    static let now = Date(timeIntervalSince1970: 1_767_225_600)

    init() throws {
        folder = try TemporaryFolder()
        journal = try Journal(folder: folder.url)
    }

    /// A job that says which one it is.
    static func job(_ name: String = "first") -> Job {
        let memory = MemoryQuantity(bytes: 1 << 26, text: "64Mi")
        let resource = Resources(cpu: CPUQuantity(millicores: 500), memory: memory)
        var job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "train.py",
            args: [name],
            replicas: [ReplicaGroup(type: .worker, count: 2, resource: resource)]
        )
        job.name = name
        return job
    }

    static let issue = Issue(
        path: key.path,
        line: 2,
        column: 3,
        pointer: "/cpu",
        severity: .error,
        message: "write \"1\""
    )

    /// Takes in a commit that changes the job's file.
    func takeIn(_ commit: String, _ job: Job?, issues: [Issue] = [], key: JobKey = key) async throws {
        let file = try ReadJobFile(blob: "blob of \(commit)", job: job, issues: issues)
        try await takeIn(commit, .file(file), key: key)
    }

    /// Takes in a commit that makes this of the job's file.
    func takeIn(_ commit: String, _ content: JobFileChange.Content, key: JobKey = key) async throws {
        try await journal.recordCommit(
            CommitRecord(sha: commit, author: "ann@example.org", message: "A change"),
            changes: [JobFileChange(key: key, content: content, attribution: nil)],
            now: Self.now
        )
    }

    /// Begins and ends an action.
    func act(
        _ kind: ActionKind,
        _ commit: String,
        run: Int,
        outcome: Outcome = .done,
        job: Job?,
        status: RunStatus? = nil
    ) async throws {
        let intent = Intent(commit: commit, key: Self.key, kind: kind, run: run)
        for number in try await journal.intend([intent], now: Self.now) {
            try await journal.conclude(number, intent, outcome: outcome, job: job, status: status, now: Self.now)
        }
    }

    /// The job as readers see it.
    func record(_ key: JobKey = key) async throws -> JobRecord? { try await journal.reader.job(key) }

    /// The actions that have begun and not ended, by kind and run.
    func openActions() async throws -> [String] { try await Self.openActions(in: journal) }

    /// The same of another journal.
    static func openActions(in journal: Journal) async throws -> [String] {
        let items = try await journal.reader.history(of: key)?.items ?? []
        return items.compactMap { item in
            guard item.result == nil, let action = item.action else { return nil }
            return "\(action) \(item.run?.number ?? 0)"
        }
    }

    /// The ids of the jobs that wait.
    func dirty() async throws -> [String] { try await journal.dirtyJobs(limit: 100).map(\.key.id) }
}
