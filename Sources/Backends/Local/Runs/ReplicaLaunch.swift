import Foundation
import Jobs
import Platform

/// Prepares the commands of a run's replicas.
struct ReplicaLaunch {
    private let request: RunRequest
    private let folder: RunFolder
    private let interpreter: String
    private let workingDirectory: URL
    /// Nil: replicas run as the service's user.
    private let user: ReplicaUser?

    /// Creates the folders that the job names, and checks that its script exists.
    ///
    /// - Parameter user: the user of the replicas, to whom new folders belong. Nil: the service's.
    /// - Throws: ``RuntimeError`` that names the key of the job file.
    init(
        _ request: RunRequest,
        folder: RunFolder,
        interpreter: String,
        user: ReplicaUser?
    ) throws(RuntimeError) {
        self.request = request
        self.folder = folder
        self.interpreter = interpreter
        self.user = user
        try Self.checkCode(of: request)
        workingDirectory = try Self.workingDirectory(of: request, in: folder, user)
        let names = RunStatus(pending: request.job).replicas.map(\.name)
        var made: Set<String> = []
        for folder in names.flatMap({ request.job.folders(run: request.id.number, replica: $0) })
        where made.insert(folder.path).inserted {
            do {
                // With its own rights a user can't make this service give away a folder of somebody else.
                try user.perform {
                    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
                }
            } catch {
                throw RuntimeError("\(folder.key): \(folder.path) can't be made: \(error.localizedDescription)")
            }
        }
    }

    /// Checks that the folder and the script of a run exist. A module may be an installed package, so only the
    /// interpreter can find it.
    ///
    /// - Throws: ``RuntimeError`` that names the key of the job file.
    static func checkCode(of request: RunRequest) throws(RuntimeError) {
        if let workdir = request.job.workdir, workdir.hasPrefix("/") {
            let url = URL(fileURLWithPath: workdir, isDirectory: true)
            guard (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true else {
                throw RuntimeError("workdir: there is no folder \(workdir) on this machine")
            }
        }
        guard let bootfile = request.job.bootfile else { return }
        let absolute = request.job.workdir.flatMap { $0.hasPrefix("/") ? $0 : nil }
        guard let folder = absolute ?? request.codeFolder ?? (bootfile.hasPrefix("/") ? "/" : nil) else { return }
        let script = URL(fileURLWithPath: bootfile, relativeTo: URL(fileURLWithPath: folder, isDirectory: true))
        guard !FileManager.default.fileExists(atPath: script.path) else { return }
        let place = bootfile.hasPrefix("/") ? "on this machine" : "in \(request.job.workdir ?? "the repository's root")"
        throw RuntimeError("bootfile: there is no \(bootfile) \(place) at commit \(request.runCommit.prefix(12))")
    }

    private static func workingDirectory(
        of request: RunRequest,
        in folder: RunFolder,
        _ user: ReplicaUser?
    ) throws(RuntimeError) -> URL {
        if let workdir = request.job.workdir, workdir.hasPrefix("/") {
            return URL(fileURLWithPath: workdir, isDirectory: true)
        }
        if let code = request.codeFolder {
            return URL(fileURLWithPath: code, isDirectory: true)
        }
        let own = folder.url.appendingPathComponent("work", isDirectory: true)
        do {
            try OwnFolder.make(own.path)
            try user?.account.takeOwnership(of: own.path)
        } catch {
            throw RuntimeError("\(own.path) can't be made: \(error.localizedDescription)")
        }
        return own
    }

    /// Returns the orders of replicas.
    ///
    /// - Parameters:
    ///   - replicas: the replicas to start.
    ///   - ports: the port of each replica of the job, by name.
    ///   - attempt: the number of the attempt, from 1.
    ///   - rules: the rules of the run.
    ///   - settings: the settings of the backend.
    ///   - groups: the control groups of the machine. Nil: it has none.
    func orders(
        of replicas: [ReplicaStatus],
        ports: [String: UInt16],
        attempt: Int,
        rules: RunRules,
        settings: LocalSettings,
        groups: ControlGroups?
    ) throws -> [ReplicaOrder] {
        let job = request.job
        let module = try ScriptModuleFolder.prepare(in: settings.folder)
        try folder.prepareReports(user)
        return try replicas.map { replica in
            let config = TFConfig(job: job, type: replica.type, index: replica.index) { type, index in
                "127.0.0.1:\(ports["\(type.rawValue)-\(index)"] ?? 0)"
            }
            let files = folder.replica(replica.name, attempt: attempt)
            let folders = job.folders(run: request.id.number, replica: replica.name)
            let logDir = folders.first { $0.key == "logDir" }?.path
            let log = try ReplicaLog.prepare(replica.name, in: folder, logDir: logDir, user)
            let logLimits = settings.logs[request.id.key.cluster] ?? .standard
            // A run of an earlier version has no limits to its end.
            let limits =
                rules.defaults == .replicaScope ? nil : job.replicas.first { $0.type == replica.type }?.resource
            return ReplicaOrder(
                type: replica.type,
                index: replica.index,
                command: [interpreter] + job.program.arguments + job.args,
                environment: try environment(of: replica, files, folders, config: config, module: module),
                workingDirectory: workingDirectory.path,
                log: log.path,
                logInode: log.inode,
                logStart: log.start,
                logCopy: log.copy,
                continuesCopy: log.continuesCopy,
                logLink: log.link,
                logSize: logLimits.maxSize,
                logKeep: logLimits.keep,
                graceMilliseconds: Int(rules.gracePeriod * 1000),
                isLeader: replica.name == rules.leader,
                controlGroup: nil,
                groups: groups?.order(for: files),
                memory: limits?.memory.bytes,
                cpu: limits?.cpu.millicores,
                user: user,
                port: ports[replica.name] ?? 0,
                notice: Notice(id: request.id, replica: replica.name).url(in: settings.folder).path
            )
        }
    }

    /// - Parameter module: the folder of the Python module `tfjob`.
    private func environment(
        of replica: ReplicaStatus,
        _ files: ReplicaFolder,
        _ folders: [JobFolder],
        config: TFConfig?,
        module: String
    ) throws -> [String: String] {
        let job = request.job
        var variables = BaseEnvironment.variables(interpreter: interpreter, user: user?.account)
        variables.merge(BaseEnvironment.limits(job.replicas.first { $0.type == replica.type }?.resource)) { $1 }
        if job.replicas.contains(where: { $0.type == .ps && $0.count > 0 }) {
            // With one thread between operations, a training on parameter servers waits for itself for ever.
            variables["TF_NUM_INTEROP_THREADS"] = nil
        }
        variables.merge(job.environment ?? [:]) { $1 }
        variables["TF_CONFIG"] = try config?.text()
        variables["TFJOB_CLUSTER"] = request.id.key.cluster
        variables["TFJOB_PARTITION"] = request.id.key.partition
        variables["TFJOB_ID"] = request.id.key.id
        variables["TFJOB_RUN"] = String(request.id.number)
        variables["TFJOB_COMMIT"] = request.runCommit
        variables["TFJOB_REPLICA_TYPE"] = replica.type.rawValue
        variables["TFJOB_REPLICA_INDEX"] = String(replica.index)
        for folder in folders {
            variables[folder.variable] = folder.path
        }
        // A module of the same name that the job brings comes first.
        variables["PYTHONPATH"] = [variables["PYTHONPATH"] ?? "", module].filter { !$0.isEmpty }.joined(separator: ":")
        variables["TFJOB_PROGRESS_FILE"] = folder.progressFile(of: replica.name).path
        variables["TFJOB_STOP_FILE"] = files.stopFile.path
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

    /// Removes the user and the password from the address of a proxy: they belong to the service.
    private static func withoutCredentials(_ address: String) -> String {
        guard let end = address.lastIndex(of: "@") else { return address }
        let scheme = address.range(of: "://").map { address[..<$0.upperBound] } ?? ""
        return String(scheme + address[address.index(after: end)...])
    }

    /// The variables by which TensorFlow and NumPy keep to the resources of a replica.
    ///
    /// Without them each replica starts a thread for each core of the machine.
    static func limits(_ resource: Resources?) -> [String: String] {
        guard let resource else { return [:] }
        let threads = String(max(1, (resource.cpu.millicores + 999) / 1000))
        let names = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]
        let variables = Dictionary(uniqueKeysWithValues: names.map { ($0, threads) })
        // An empty list hides the GPUs of the machine:
        // https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#cuda-environment-variables
        return resource.gpu == 0 ? variables.merging(["CUDA_VISIBLE_DEVICES": ""]) { $1 } : variables
    }

    /// - Parameters:
    ///   - interpreter: the path of the interpreter. Its folder comes first on the `PATH`. If it belongs to a virtual
    ///     environment, that environment is active.
    ///   - user: the user of the replica. Nil: the service's.
    ///   - own: the environment of the service.
    static func variables(
        interpreter: String,
        user: UserAccount? = nil,
        own: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        var variables = own.filter { inherited.contains($0.key) || $0.key.hasPrefix("LC_") }
        if let user {
            // The temporary folder of the service may be closed to the user.
            (variables["TMPDIR"], variables["SHELL"]) = (nil, nil)
            (variables["HOME"], variables["USER"], variables["LOGNAME"]) = (user.home, user.name, user.name)
        }
        for (name, value) in variables where name.lowercased().hasSuffix("s_proxy") || name.lowercased() == "http_proxy"
        {
            variables[name] = withoutCredentials(value)
        }
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
