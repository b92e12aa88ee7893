import Foundation
import Jobs
import Platform
import Subprocess
import SystemPackage

/// One try to create a virtual environment.
///
/// pip runs as the user of the runs, if the cluster has one. When it is done, the environment belongs to the service's
/// user, and no run may write to it.
struct Installation {
    private let environment: VirtualEnvironment
    private let basePython: String
    private let spec: RuntimeSpec
    private let folder: String

    init(_ environment: VirtualEnvironment, basePython: String) {
        self.environment = environment
        self.basePython = basePython
        spec = environment.spec
        folder = environment.url.path
    }

    /// pip's own log, with all requests. A process of an installation has its path in the variable `PIP_LOG`.
    private var pipLog: String { "\(folder)/pip.log" }

    /// Creates the environment in its folder, which it replaces.
    ///
    /// - Throws: ``RuntimeError`` with pip's own words, or an error of the file system.
    func run() async throws {
        if let user = spec.user, !user.canReach(basePython) {
            throw RuntimeError(
                "the user \(user.name) can't reach \(basePython): run chmod o+x on the folders above it, "
                    + "or choose another interpreter with runtimes.python",
                mayHeal: true
            )
        }
        // A killed service may have left them. Two of them would spoil the folder.
        for pid in ProcessTable.processes(with: "PIP_LOG", in: [pipLog]) {
            kill(pid, SIGKILL)
        }
        try await VirtualEnvironment.remove(environment.url)
        try OwnFolder.make(folder, mode: Self.visible)
        try spec.user?.takeOwnership(of: folder)
        try await execute(basePython, ["-m", "venv", folder], "a virtual environment can't be made with \(basePython)")
        try await installPackages()
        try await check()
        try? FileManager.default.removeItem(atPath: pipLog)
        try await makeReadOnly()
    }

    private static let visible: FilePermissions = [
        .ownerReadWriteExecute, .groupRead, .groupExecute, .otherRead, .otherExecute,
    ]

    private func installPackages() async throws {
        let others = spec.companions + (spec.packages + spec.requirements).map(\.description)
        guard let tensorflow = spec.tensorflow else { return try await installRequirements(others) }
        try await installRequirements([tensorflow] + spec.limits, isTensorFlow: true)
        guard !others.isEmpty else { return }
        // All in one call, so that pip finds versions that suit TensorFlow too.
        let version = try await execute(environment.python, ["-c", Self.standInScript, spec.distribution])
        let standIn = spec.usesGPUs ? [] : ["tensorflow==\(version)"]
        try await installRequirements([tensorflow] + standIn + spec.limits + others)
    }

    /// Prints the version of the TensorFlow package. For `tensorflow-cpu` it also pretends that `tensorflow` is there.
    ///
    /// Other packages require `tensorflow`, and pip does not know that `tensorflow-cpu` is the same. Without the
    /// stand-in pip would install a second TensorFlow beside the first.
    private static let standInScript = """
        import importlib.metadata, os, sys, sysconfig
        version = importlib.metadata.version(sys.argv[1])
        if sys.argv[1] != "tensorflow":
            folder = os.path.join(sysconfig.get_path("purelib"), "tensorflow-%s.dist-info" % version)
            os.makedirs(folder)
            files = {"METADATA": "Metadata-Version: 2.1\\nName: tensorflow\\nVersion: %s\\n" % version}
            files.update(INSTALLER="tfjob-admin\\n", RECORD="")
            for name in files:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(files[name])
        print(version)
        """

    /// Removes the stand-in: a list of the packages shows what is really there.
    private static let removalScript = """
        import glob, os, shutil, sysconfig
        for folder in glob.glob(os.path.join(sysconfig.get_path("purelib"), "tensorflow-*.dist-info")):
            with open(os.path.join(folder, "INSTALLER")) as file:
                if file.read() == "tfjob-admin\\n":
                    shutil.rmtree(folder)
        """

    private func installRequirements(_ requirements: [String], isTensorFlow: Bool = false) async throws {
        try? FileManager.default.removeItem(atPath: pipLog)
        let options = [
            "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off",
            "--only-binary=:all:",
        ]
        let result = try await start(environment.python, options + requirements)
        guard !result.terminationStatus.isSuccess else { return }
        guard case .exited = result.terminationStatus else {
            throw RuntimeError(
                "\(spec.summary) could not be installed: pip was ended (\(result.terminationStatus))",
                mayHeal: true
            )
        }
        let log = FileManager.default.contents(atPath: pipLog).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let failure = PipFailure(log: log, installsTensorFlow: isTensorFlow)
        throw RuntimeError("\(spec.summary) could not be installed: \(failure.message)", mayHeal: failure.mayHeal)
    }

    /// Checks that the packages fit together and that TensorFlow and its companions can be imported.
    private func check() async throws {
        let fault = "\(spec.summary) was installed and does not work"
        try await execute(environment.python, ["-m", "pip", "--disable-pip-version-check", "check"], fault)
        try await execute(environment.python, ["-c", Self.removalScript], fault)
        guard !spec.modules.isEmpty else { return }
        let imports = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
        try await execute(environment.python, ["-B", "-c", imports] + spec.modules, fault)
    }

    private func makeReadOnly() async throws {
        if let user = spec.user {
            // From here on the user can't change what the next command sees.
            try await SystemProgram.run(
                "chown",
                ["--recursive", "--no-dereference", "--from=\(user.user)", "\(getuid()):\(getgid())", folder]
            )
        }
        let entries = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
        try await SystemProgram.run("chmod", ["--recursive", "a-ws,a+rX"] + entries)
    }
}

// MARK: - Programs

extension Installation {
    /// Runs a program to its end.
    ///
    /// - Returns: what it printed to the standard output, without line breaks at the end.
    /// - Throws: ``RuntimeError`` with its last line if it fails. It may heal if a signal ended the program, or the disk
    ///   is full.
    @discardableResult
    private func execute(_ program: String, _ arguments: [String], _ fault: String? = nil) async throws -> String {
        let result = try await start(program, arguments)
        guard !result.terminationStatus.isSuccess else {
            return result.output.trimmingCharacters(in: .newlines)
        }
        let lines = result.output.split(whereSeparator: \.isNewline).map(String.init)
        let words =
            lines.last { $0.hasPrefix("ERROR") || $0.contains("Error: ") } ?? lines.last ?? "nothing was printed"
        let isFull = result.output.contains("No space left on device")
        var isEnded = true
        if case .exited = result.terminationStatus { isEnded = false }
        throw RuntimeError(
            "\(fault ?? "\(spec.summary) could not be installed"): \(words.prefix(500))",
            mayHeal: isFull || isEnded || fault == nil
        )
    }

    /// Runs a program as the user. Its output goes to the log too.
    private func start(
        _ program: String,
        _ arguments: [String]
    ) async throws -> (terminationStatus: TerminationStatus, output: String) {
        var command = (program: Executable.path(FilePath(program)), arguments: arguments)
        if let user = spec.user {
            command = (.name("setpriv"), Self.identity(of: user) + [program] + arguments)
        }
        let log = try environment.openLog()
        let start = try log.size
        let output = try FileDescriptor.open(FilePath(environment.log.path), .writeOnly, options: .append)
        let variables = Self.variables(user: spec.user, pipLog: pipLog)
            .map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let result = try await Subprocess.run(
            command.program,
            arguments: Arguments(command.arguments),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
            workingDirectory: "/",
            input: .none,
            output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        )
        return (result.terminationStatus, try Self.text(of: log, from: start))
    }

    /// The options with which `setpriv` becomes a user.
    ///
    /// Subprocess can change the user too, but in a child that it makes with `clone3`. There `setgroups` of glibc waits
    /// for ever if the parent was just creating a thread.
    private static func identity(of user: UserAccount) -> [String] {
        let groups =
            user.groups.isEmpty ? "--clear-groups" : "--groups=\(user.groups.map(String.init).joined(separator: ","))"
        return ["--reuid=\(user.user)", "--regid=\(user.group)", groups, "--"]
    }

    /// The end of the log from an offset on, at most 64 KiB of it.
    private static func text(of log: ReadableFile, from start: Int) throws -> String {
        let longest = 64 << 10
        return String(decoding: try log.readBytes(at: max(start, try log.size - longest), upTo: longest), as: UTF8.self)
    }

    /// The variables of the service that pip needs. The others may hold secrets.
    private static let inherited: Set = [
        "http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle",
        "curl_ca_bundle",
    ]

    /// The environment of pip: `PATH`, `HOME`, `PIP_*`, and what names proxies and certificates.
    static func variables(
        user: UserAccount?,
        pipLog: String,
        own: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        var variables = own.filter { inherited.contains($0.key.lowercased()) || $0.key.hasPrefix("PIP_") }
        variables["PATH"] = own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        variables["HOME"] = user?.home ?? own["HOME"]
        variables["PIP_LOG"] = pipLog
        return variables
    }
}
