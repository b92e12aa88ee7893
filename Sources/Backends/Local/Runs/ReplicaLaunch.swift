import Foundation
import Jobs
import Platform

/// Works out how the replicas of a run are started.
struct ReplicaLaunch {
    private let request: RunRequest
    private let folder: RunFolder
    private let interpreter: String
    private let workingDirectory: URL

    /// Makes the folders that the job names, and finds its script.
    ///
    /// - Throws: ``RuntimeError`` with the key to look at.
    init(_ request: RunRequest, folder: RunFolder, interpreter: String) throws(RuntimeError) {
        self.request = request
        self.folder = folder
        self.interpreter = interpreter
        workingDirectory = try Self.workingDirectory(of: request, in: folder)
        try Self.checkScript(of: request, in: workingDirectory)
        for (key, path) in Self.directories(of: request.job) {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw RuntimeError("\(key): \(path) can't be made: \(error.localizedDescription)")
            }
        }
    }

    /// A module may be an installed package, so the interpreter alone knows whether it is there.
    private static func checkScript(of request: RunRequest, in folder: URL) throws(RuntimeError) {
        guard let bootfile = request.job.bootfile else { return }
        let script = URL(fileURLWithPath: bootfile, relativeTo: folder)
        guard !FileManager.default.fileExists(atPath: script.path) else { return }
        let place = bootfile.hasPrefix("/") ? "on this machine" : "in \(request.job.workdir ?? "the repository's root")"
        throw RuntimeError("bootfile: there is no \(bootfile) \(place) at commit \(request.runCommit.prefix(12))")
    }

    private static func workingDirectory(of request: RunRequest, in folder: RunFolder) throws(RuntimeError) -> URL {
        if let workdir = request.job.workdir, workdir.hasPrefix("/") {
            let url = URL(fileURLWithPath: workdir, isDirectory: true)
            guard (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true else {
                throw RuntimeError("workdir: there is no folder \(workdir) on this machine")
            }
            return url
        }
        if let code = request.codeFolder {
            return URL(fileURLWithPath: code, isDirectory: true)
        }
        let own = folder.url.appendingPathComponent("work", isDirectory: true)
        do {
            try OwnFolder.make(own.path)
        } catch {
            throw RuntimeError("\(own.path) can't be made: \(error.localizedDescription)")
        }
        return own
    }

    private static func directories(of job: Job) -> [(key: String, path: String)] {
        [
            ("checkpointDir", job.checkpointDir), ("eventDir", job.eventDir),
            ("modelDir", job.modelDir), ("logDir", job.logDir),
        ].compactMap { key, path in path.map { (key, $0) } }
    }

    /// The orders of all replicas, in the order of the job's groups.
    ///
    /// - Parameters:
    ///   - ports: one for each replica.
    ///   - attempt: the attempt's number, from 1.
    ///   - settings: the backend's.
    func orders(ports: [UInt16], attempt: Int, settings: LocalSettings) throws -> [ReplicaOrder] {
        let job = request.job
        let replicas = RunStatus(pending: job).replicas
        let addresses = Dictionary(
            uniqueKeysWithValues: zip(replicas, ports).map { ($0.name, "127.0.0.1:\($1)") }
        )
        return try zip(replicas, ports).map { replica, port in
            let config = TFConfig(job: job, type: replica.type, index: replica.index) { type, index in
                addresses["\(type.rawValue)-\(index)"] ?? ""
            }
            let files = folder.replica(replica.name, attempt: attempt)
            let log = try ReplicaLog.prepare(replica.name, in: folder, job: job)
            return ReplicaOrder(
                type: replica.type,
                index: replica.index,
                command: [interpreter] + job.program.arguments + job.args,
                environment: try environment(of: replica, files, config: config),
                workingDirectory: workingDirectory.path,
                log: log.path,
                logInode: log.inode,
                logCopy: log.copy,
                graceMilliseconds: Int(settings.gracePeriod / .milliseconds(1)),
                port: port,
                notice: Notice(id: request.id, replica: replica.name).url(in: settings.folder).path
            )
        }
    }

    private func environment(of replica: ReplicaStatus, _ files: ReplicaFolder, config: TFConfig?) throws -> [String:
        String]
    {
        let job = request.job
        var variables = BaseEnvironment.variables(interpreter: interpreter)
        variables.merge(job.environment ?? [:]) { $1 }
        variables["TF_CONFIG"] = try config?.text()
        variables["TFJOB_CLUSTER"] = request.id.key.cluster
        variables["TFJOB_PARTITION"] = request.id.key.partition
        variables["TFJOB_ID"] = request.id.key.id
        variables["TFJOB_RUN"] = String(request.id.number)
        variables["TFJOB_COMMIT"] = request.runCommit
        variables["TFJOB_REPLICA_TYPE"] = replica.type.rawValue
        variables["TFJOB_REPLICA_INDEX"] = String(replica.index)
        variables["TFJOB_CHECKPOINT_DIR"] = job.checkpointDir
        variables["TFJOB_EVENT_DIR"] = job.eventDir
        variables["TFJOB_MODEL_DIR"] = job.modelDir
        variables["TFJOB_LOG_DIR"] = job.logDir
        variables[BaseEnvironment.marker] = BaseEnvironment.mark(files)
        return variables
    }
}
