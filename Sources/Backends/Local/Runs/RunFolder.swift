import Foundation
import JobFile
import Jobs
import Platform
import SystemPackage

/// The folder of one run: the request, the attempts and the result.
///
///     <id>/<run>/run.json              the request
///     <id>/<run>/restarts.json         the restarts that were decided, oldest first
///     <id>/<run>/attempt-<n>/<replica> one ``ReplicaFolder`` each; a replica's newest attempt counts
///     <id>/<run>/attempt-<n>/stop      the run was stopped: the attempt has no verdict
///     <id>/<run>/attempt-<n>/end       the replicas must end, by this schedule; `TFJOB_STOP_FILE` names it
///     <id>/<run>/progress.json         the watch for hangs, for a restart of the service
///     <id>/<run>/environment.json      the interpreter and its packages
///     <id>/<run>/reports/<replica>.json what the script reports of its progress; `TFJOB_PROGRESS_FILE` names it
///     <id>/<run>/result.json           the verdict; absent while the run is open
///     <id>/<run>/code                  the run's own copy of the code, in which it works
///     <id>/<run>/<replica>.log         the output of the replica, over all attempts; ``LogFiles`` has the other files
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
        /// Absent in records of earlier versions, whose runs keep the defaults of that time.
        let defaults: DefaultsVersion?
    }

    /// Reads the request and the version of the defaults that the run started with. Returns nil if there is no such
    /// run.
    func request() throws -> (RunRequest, DefaultsVersion)? {
        guard let order: Order = try RecordFile.readRecord(url.appendingPathComponent("run.json")) else { return nil }
        let reading = JobFile.read(Array(order.job), at: id.key, under: .whenAccepted)
        guard let job = reading.job else {
            throw BackendError.unavailable("\(url.path)/run.json can't be read: \(reading.issues.map(\.message))")
        }
        let request = RunRequest(
            id: id,
            job: job,
            commit: order.commit,
            runCommit: order.runCommit,
            codeFolder: order.codeFolder
        )
        return (request, order.defaults ?? .replicaScope)
    }

    func write(_ request: RunRequest, defaults: DefaultsVersion) throws {
        try OwnFolder.make(url.path)
        let job = Data(CanonicalJob(request.job).text.utf8)
        let order = Order(
            job: job,
            commit: request.commit,
            runCommit: request.runCommit,
            codeFolder: request.codeFolder,
            defaults: defaults
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
        for log in names.filter({ $0.hasSuffix(".log") || $0.contains(".log.") }).map({ "\(url.path)/\($0)" }) {
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
        /// Whether the replicas end at once, whatever the clean-up policy is: the run took too long.
        var endsAll: Bool {
            [FailReason.deadlineExceeded, .noProgress].map(\.rawValue).contains(reason)
        }
        /// The final status, once the files of the replicas are removed.
        var status: RunStatus?
    }

    func result() throws -> Result? { try RecordFile.readRecord(url.appendingPathComponent("result.json")) }

    func write(_ result: Result) throws {
        try RecordFile.writeRecord(result, to: url.appendingPathComponent("result.json"))
    }

    /// Removes all files except the request and the result.
    func removeContents() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: url.path)
        where name != "run.json" && name != "result.json" {
            try FileManager.default.removeItem(at: url.appendingPathComponent(name))
        }
    }
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

    /// Removes the folder with everything in it; a folder that is gone is no error. Code may have many files, so another process
    /// does it.
    func remove() async throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        try await SystemProgram.run("rm", ["--recursive", "--force", "--one-file-system", "--", url.path])
    }

    /// Removes the folders of the job, the partition and the cluster if they are empty.
    func removeEmptyParents() {
        var parent = url.deletingLastPathComponent()
        while parent.path.count > runs.path.count, unsafe rmdir(parent.path) == 0 {
            parent.deleteLastPathComponent()
        }
    }

    private static func names(_ url: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }
}
