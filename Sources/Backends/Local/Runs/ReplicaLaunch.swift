import Foundation
import Jobs
import Platform

/// Prepares the commands of a run's replicas.
struct ReplicaLaunch {
    private let request: RunRequest
    private let folder: RunFolder
    private let interpreter: String
    private let workingDirectory: URL

    /// Creates the folders that the job names, and checks that its script exists.
    ///
    /// - Throws: ``RuntimeError`` that names the key of the job file.
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

    /// Checks that the script exists. A module may be an installed package, so only the interpreter can find it.
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

    /// Returns the orders of all replicas, in the order of the job's groups.
    ///
    /// - Parameters:
    ///   - ports: one port for each replica.
    ///   - attempt: the number of the attempt, from 1.
    ///   - settings: the settings of the backend.
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
        variables[BaseEnvironment.marker] = files.url.path
        return variables
    }
}

/// The environment variables that every replica gets. The job's own variables override them.
enum BaseEnvironment {
    /// The variable that marks all processes of a replica. Its value is the path of the replica's folder.
    static let marker = "TFJOB_REPLICA_FOLDER"

    /// The variables of the service that replicas inherit. The others may hold secrets.
    private static let inherited: Set = [
        "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE",
        "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ]

    /// - Parameters:
    ///   - interpreter: the path of the interpreter. Its folder comes first on the `PATH`. If it belongs to a virtual
    ///     environment, that environment is active.
    ///   - own: the environment of the service.
    static func variables(
        interpreter: String,
        own: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        var variables = own.filter { inherited.contains($0.key) || $0.key.hasPrefix("LC_") }
        let programs = URL(fileURLWithPath: interpreter).deletingLastPathComponent()
        variables["PATH"] = "\(programs.path):\(own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"
        let environment = programs.deletingLastPathComponent()
        if FileManager.default.fileExists(atPath: environment.appendingPathComponent("pyvenv.cfg").path) {
            variables["VIRTUAL_ENV"] = environment.path
        }
        // The other replicas are on this machine. gRPC would use a proxy even for 127.0.0.1, and wait for ever:
        // https://github.com/grpc/grpc/blob/master/doc/environment_variables.md
        variables["no_grpc_proxy"] = "127.0.0.1,localhost"
        // Without this, output would reach the log only when Python's buffer is full.
        variables["PYTHONUNBUFFERED"] = "1"
        return variables
    }
}
