import Foundation
import JobFile
import Jobs
import Journal
import TestSupport

/// A repository with very many jobs, and the journal of a service that has taken them in: that is not what is measured.
///
/// Half a thousand of them have run, the others wait; none starts anything.
struct LargeRepository {
    /// The bare repository.
    let path: String

    static let list = "/api/v1alpha1/clusters/default/partitions/many/tfjobs"
    private static let text = JobText().with { $0.more = [#""runPolicy": {"suspend": true}"#] }.text

    init(jobs: Int, in folder: TemporaryFolder) async throws {
        path = folder.path("many.git")
        try await TestSupport.run(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", path],
            in: folder.url.path
        )
        let paths = (0..<jobs).map { "clusters/default/partitions/many/job-\($0).json" }
        try await commit("Add all", paths.map { ($0, ":1") }, blob: Self.text)
        try await fill(paths, folder)
    }

    /// Adds a job of the partition `few`, as a push would.
    func push(_ id: String) async throws {
        try await commit(
            "Add \(id)",
            [("clusters/default/partitions/few/\(id).json", ":1")],
            blob: Self.text,
            isFirst: false
        )
    }

    /// When the branch was written last.
    var pushed: Date {
        get throws {
            let file = URL(fileURLWithPath: path + "/refs/heads/main")
            let values = try file.resourceValues(forKeys: [.contentModificationDateKey])
            guard let date = values.contentModificationDate else { throw CocoaError(.fileReadUnknown) }
            return date
        }
    }

    private func commit(
        _ message: String,
        _ files: [(path: String, blob: String)],
        blob: String,
        isFirst: Bool = true
    ) async throws {
        var stream = "blob\nmark :1\ndata \(blob.utf8.count)\n\(blob)\n"
        stream +=
            "commit refs/heads/main\ncommitter Ann Lee <ann@example.org> \(Int(Date().timeIntervalSince1970)) +0000\n"
        stream += "data \(message.utf8.count)\n\(message)\n\(isFirst ? "" : "from refs/heads/main^0\n")"
        for file in files {
            stream += "M 100644 \(file.blob) \(file.path)\n"
        }
        let input = path + "/stream"
        try Data(stream.utf8).write(to: URL(fileURLWithPath: input))
        try await TestSupport.run(["sh", "-c", "git fast-import --quiet <stream"], in: path)
    }

    /// Notes all files as taken in and settled.
    private func fill(_ paths: [String], _ folder: TemporaryFolder) async throws {
        func git(_ arguments: String...) async throws -> String {
            try await TestSupport.run(["git"] + arguments, in: path).trimmingCharacters(in: .newlines)
        }
        let head = try await git("rev-parse", "main")
        let blob = try await git("rev-parse", "main:\(paths[0])")
        let now = Date()
        var jobs: [JobKey: Job] = [:]
        let changes = try paths.compactMap { path -> JobFileChange? in
            guard case .job(let key) = JobPath(path) else { return nil }
            let reading = JobFile.read(Array(Self.text.utf8), at: key)
            jobs[key] = reading.job
            return JobFileChange(
                key: key,
                content: .file(try ReadJobFile(blob: blob, reading)),
                attribution: Attribution(uid: "ann@example.org", created: now, updated: now, commit: head)
            )
        }
        let state = folder.url.appendingPathComponent("state")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        let journal = try Journal(folder: state)
        let commit = CommitRecord(sha: head, author: "ann@example.org", message: "Add all")
        try await journal.recordCommit(commit, changes: changes, now: now)
        try await journal.settle(changes.map { (key: $0.key, commit: head) })
        for (key, job) in jobs.sorted(by: { $0.key < $1.key }).prefix(500) {
            var status = RunStatus(pending: job)
            (status.phase, status.startTime, status.completionTime) = (.succeeded, now, now)
            let id = RunID(key: key, number: 1)
            _ = try await journal.adopt(RunObservation(id: id, job: job, commit: head, status: status))
        }
    }
}
