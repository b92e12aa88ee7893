import Foundation
import JobFile
import Jobs
import Platform
import SystemPackage

/// The folder of one run: the request, the attempts and the result.
///
///     <id>/<run>/run.json              the request
///     <id>/<run>/attempt-<n>/<replica> one ``ReplicaFolder`` each; the newest attempt counts
///     <id>/<run>/attempt-<n>/stop      the run was stopped: the attempt has no verdict
///     <id>/<run>/attempt-<n>/end       the replicas must end: supervisors start no more processes
///     <id>/<run>/result.json           the verdict; absent while the run is open
///     <id>/<run>/<replica>.log         the output of the replica, over all attempts
struct RunFolder: Sendable {
    let id: RunID
    let url: URL
    /// The folder of all runs.
    let runs: URL

    init(_ id: RunID, in runs: URL) {
        self.id = id
        self.runs = runs
        url = runs.appendingPathComponent("\(id.key.cluster)/\(id.key.partition)/\(id.key.id)/\(id.number)")
    }

    /// The request in the form of `run.json`.
    private struct Order: Codable {
        let job: Data
        let commit: String
        /// Absent in records of earlier versions, which took the code from `commit`.
        let runCommit: String?
        let codeFolder: String?
    }

    /// Reads the request. Returns nil if there is no such run.
    func request() throws -> RunRequest? {
        guard let order: Order = try RecordFile.readRecord(url.appendingPathComponent("run.json")) else { return nil }
        let reading = JobFile.read(Array(order.job), at: id.key, under: .whenAccepted)
        guard let job = reading.job else {
            throw BackendError.unavailable("\(url.path)/run.json can't be read: \(reading.issues.map(\.message))")
        }
        return RunRequest(
            id: id,
            job: job,
            commit: order.commit,
            runCommit: order.runCommit,
            codeFolder: order.codeFolder
        )
    }

    func write(_ request: RunRequest) throws {
        try OwnFolder.make(url.path)
        let job = Data(CanonicalJob(request.job).text.utf8)
        let order = Order(
            job: job,
            commit: request.commit,
            runCommit: request.runCommit,
            codeFolder: request.codeFolder
        )
        try RecordFile.writeRecord(order, to: url.appendingPathComponent("run.json"))
    }

    /// Removes the permissions of other users from the run's folders. Under the umask of an earlier version they may
    /// have had some.
    ///
    /// - Returns: false if another user owns one of the folders. Then the content can't be trusted.
    func securePermissions() throws(PlatformError) -> Bool {
        var folders = [url.path]
        for _ in 0..<3 {
            folders.append(URL(fileURLWithPath: folders[folders.count - 1]).deletingLastPathComponent().path)
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        for attempt in names.filter({ $0.hasPrefix("attempt-") }).map({ "\(url.path)/\($0)" }) {
            folders.append(attempt)
            let replicas = (try? FileManager.default.contentsOfDirectory(atPath: attempt)) ?? []
            folders += replicas.map { "\(attempt)/\($0)" }
        }
        for path in folders {
            let owner = try FileOwnership(of: path, followsLinks: false)
            guard owner.isOwn else { return false }
            if owner.isFolder, owner.mode != OwnFolder.passable { try OwnFolder.set(OwnFolder.passable, of: path) }
        }
        for log in names.filter({ $0.hasSuffix(".log") }).map({ "\(url.path)/\($0)" }) {
            let owner = try FileOwnership(of: log, followsLinks: false)
            if owner.isOwn, owner.names == 1, !owner.mode.isDisjoint(with: [.groupRead, .otherRead]) {
                try OwnFolder.set(.ownerReadWrite, of: log)
            }
        }
        return true
    }

    /// The verdict on the run and its time. The files of the replicas have the details.
    struct Result: Codable, Sendable {
        let phase: Phase
        let reason: String
        let message: String
        let completionTime: Date
    }

    func result() throws -> Result? { try RecordFile.readRecord(url.appendingPathComponent("result.json")) }

    func write(_ result: Result) throws {
        try RecordFile.writeRecord(result, to: url.appendingPathComponent("result.json"))
    }

    /// The number of the newest attempt. 0: there is none.
    func newestAttempt() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { $0.hasPrefix("attempt-") ? Int($0.dropFirst(8)) : nil }.max() ?? 0
    }

    func replica(_ name: String, attempt: Int) -> ReplicaFolder {
        ReplicaFolder(url: attemptURL(attempt).appendingPathComponent(name))
    }

    /// Writes an attempt with the orders of all its replicas, completely or not at all.
    func writeAttempt(_ attempt: Int, orders: [ReplicaOrder]) throws {
        let draft = url.appendingPathComponent("draft")
        try? FileManager.default.removeItem(at: draft)
        for order in orders {
            try ReplicaFolder(url: draft.appendingPathComponent("\(order.type.rawValue)-\(order.index)")).write(order)
        }
        try FileManager.default.moveItem(at: draft, to: attemptURL(attempt))
    }

    /// Records durably that the run was stopped, so that this attempt gets no verdict.
    func markStopped(attempt: Int) throws {
        try writeMark("stop", of: attempt)
    }

    /// Records durably that the attempt must end, so that late supervisors start no replica.
    func markEnding(attempt: Int) throws {
        try writeMark(ReplicaFolder.endMark, of: attempt)
    }

    private func writeMark(_ name: String, of attempt: Int) throws {
        try OwnFolder.make(attemptURL(attempt).path)
        try DurableFile.write([], to: attemptURL(attempt).appendingPathComponent(name).path)
    }

    func isStopped(attempt: Int) -> Bool {
        FileManager.default.fileExists(atPath: attemptURL(attempt).appendingPathComponent("stop").path)
    }

    private func attemptURL(_ attempt: Int) -> URL { url.appendingPathComponent("attempt-\(attempt)") }
}

extension RunFolder {
    /// Finds all runs below a folder.
    static func all(in runs: URL) -> [RunFolder] {
        names(runs).flatMap { cluster in
            names(runs.appendingPathComponent(cluster)).flatMap { partition in
                names(runs.appendingPathComponent("\(cluster)/\(partition)")).flatMap { id in
                    all(of: JobKey(cluster: cluster, partition: partition, id: id), in: runs)
                }
            }
        }
    }

    /// Finds the runs of a job, the oldest first.
    static func all(of key: JobKey, in runs: URL) -> [RunFolder] {
        names(runs.appendingPathComponent("\(key.cluster)/\(key.partition)/\(key.id)")).compactMap(Int.init).sorted()
            .map { RunFolder(RunID(key: key, number: $0), in: runs) }
    }

    private static func names(_ url: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
}
