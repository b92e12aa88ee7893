import Foundation
import JobFile
import Jobs
import Journal

extension RESTScene {
    /// 2026-01-01T00:00:00Z and a fraction, which is not to be seen.
    static let start = Date(timeIntervalSince1970: 1_767_225_600.25)

    static func key(_ id: String, partition: String = "team-a", cluster: String = "default") -> JobKey {
        JobKey(cluster: cluster, partition: partition, id: id)
    }

    /// The commit of a push, by its number.
    static func sha(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 40 - digits.count) + digits
    }

    /// The text of a job file with these members beside what every job has.
    static func file(_ members: String = "") -> String {
        """
        {"runtime": "Python_3.11", "bootfile": "train.py", \(members)
         "replicas": [{"type": "worker", "count": 2, "resource": {"cpu": "0.5", "memory": "64Mi", "gpu": 0}},
                      {"type": "ps", "resource": {"cpu": "500m", "memory": "32Mi", "gpu": 0}}]}
        """
    }

    /// Takes in a push that changes one file.
    ///
    /// - Parameters:
    ///   - key: the file's.
    ///   - text: the file's content; nil where it is deleted.
    ///   - number: says which push it is: its commit, and its time in minutes.
    ///   - uid: who added the file.
    func push(_ key: JobKey, _ text: String?, at number: Int, uid: String = "ann@example.org") async throws {
        let time = Self.start.addingTimeInterval(Double(number) * 60)
        let isKnown = try await journal.reader.job(key) != nil
        let reading = text.map { JobFile.read(Array($0.utf8), at: key) }
        let content = try reading.map { reading in
            try JobFileChange.Content.file(
                ReadJobFile(blob: "blob-\(number)", job: reading.job, issues: reading.issues)
            )
        }
        let attribution = Attribution(
            uid: isKnown ? "" : uid,
            created: isKnown ? nil : time,
            updated: time,
            commit: Self.sha(number),
            author: uid
        )
        try await journal.recordCommit(
            CommitRecord(sha: Self.sha(number), author: uid, message: "Push \(number)"),
            changes: [JobFileChange(key: key, content: content ?? .gone, attribution: attribution)],
            now: time
        )
    }

    /// Carries out what a push wants of a job.
    func carryOut(_ key: JobKey, _ kind: ActionKind = .create, at number: Int, outcome: Outcome = .done) async throws {
        guard let record = try await journal.reader.job(key) else { return }
        let run = kind == .create || kind == .replace ? record.run + 1 : record.run
        let intent = Intent(commit: Self.sha(number), key: key, kind: kind, run: run)
        let now = Self.start.addingTimeInterval(Double(number) * 60 + 1)
        let actions = try await journal.intend([intent], now: now)
        for action in actions {
            try await journal.conclude(
                action,
                intent,
                outcome: outcome,
                job: outcome == .done ? record.desired : record.applied,
                status: outcome == .done ? record.desired.map(RunStatus.init(pending:)) : nil,
                now: now
            )
        }
    }

    /// A job that was pushed and carried out, and whose run is in a phase.
    func add(_ id: String, _ phase: Phase, at number: Int, members: String = "", uid: String = "ann@example.org")
        async throws
    {
        let key = Self.key(id)
        try await push(key, Self.file(members), at: number, uid: uid)
        try await carryOut(key, at: number)
        let now = Self.start.addingTimeInterval(Double(number) * 60 + 30)
        try await journal.observe(RunID(key: key, number: 1), RunStatus(phase: phase), now: now)
    }
}
