import Foundation
import Jobs
import Platform
import Subprocess
import SystemPackage

/// Provides the interpreter for a job's runtime and creates the necessary virtual environments, each once.
actor RuntimeStore {
    private let settings: LocalSettings
    private let interpreters: Interpreters
    private var inProgress: [Request: Task<Result<String, RuntimeError>, Never>] = [:]
    private var found: [String: String] = [:]
    /// The installations that failed a short time ago.
    private var failures: [Request: (error: RuntimeError, time: ContinuousClock.Instant)] = [:]
    /// How long a failed installation is not tried again.
    private static let failureLifetime = Duration.seconds(60)

    /// The runs with equal requests share one installation.
    struct Request: Hashable, Sendable {
        let runtime: Runtime
        /// Whether TensorFlow must have GPU support.
        let usesGPUs: Bool

        /// - Parameters:
        ///   - run: the run that needs the runtime.
        ///   - settings: the settings of the backend.
        init(_ run: RunRequest, _ settings: LocalSettings) {
            runtime = run.job.runtime
            usesGPUs = settings.gpus[run.id.key.cluster, default: 0] > 0
        }
    }

    init(_ settings: LocalSettings) {
        self.settings = settings
        interpreters = Interpreters(configured: settings.interpreters)
    }

    /// The folder of the virtual environments.
    private var folder: URL { settings.folder.appendingPathComponent("runtimes") }

    /// Whether the interpreter is available without an installation.
    func isReady(_ request: Request) -> Bool {
        environment(request)?.isComplete ?? true
    }

    /// Checks whether a runtime is available, or may be after an installation.
    ///
    /// - Throws: ``RuntimeError`` if no interpreter has the version, or an installation failed a short time ago.
    func checkAvailability(of request: Request) async throws(RuntimeError) {
        guard !isReady(request) || environment(request) == nil else { return }
        if let failure = failures[request], failure.time.duration(to: .now) < Self.failureLifetime {
            throw failure.error
        }
        _ = try await basePython(request.runtime.python)
    }

    /// Returns the path of the interpreter for a runtime. If this has to create the virtual environment, it takes
    /// minutes.
    ///
    /// Calls for the same runtime share one installation.
    ///
    /// - Throws: ``RuntimeError`` with the last message of the installation.
    func interpreter(for request: Request) async throws(RuntimeError) -> String {
        if let task = inProgress[request] {
            return try await task.value.get()
        }
        let task = Task { () -> Result<String, RuntimeError> in
            do throws(RuntimeError) {
                return .success(try await self.resolveInterpreter(request))
            } catch {
                return .failure(error)
            }
        }
        inProgress[request] = task
        let result = await task.value
        inProgress[request] = nil
        if case .failure(let error) = result {
            failures[request] = (error, .now)
        }
        return try result.get()
    }

    private func resolveInterpreter(_ request: Request) async throws(RuntimeError) -> String {
        let python = request.runtime.python
        guard let environment = environment(request) else { return try await basePython(python) }
        if !environment.isComplete {
            try await provision(environment, python: try await basePython(python))
        }
        return environment.python
    }

    private func basePython(_ version: String) async throws(RuntimeError) -> String {
        if let path = found[version], FileManager.default.isExecutableFile(atPath: path) {
            return path
        }
        let path = try await interpreters.findInterpreter(version)
        found[version] = path
        return path
    }

    /// The virtual environment of a runtime. Nil: the plain interpreter is enough.
    private func environment(_ request: Request) -> VirtualEnvironment? {
        guard let tensorflow = request.runtime.tensorflow, settings.provisionsRuntimes else { return nil }
        let distribution = request.usesGPUs ? "tensorflow" : "tensorflow-cpu"
        return VirtualEnvironment(
            url: folder.appendingPathComponent("python-\(request.runtime.python)-\(distribution)-\(tensorflow)"),
            requirement: Self.requirement(distribution, tensorflow)
        )
    }

    /// The requirement for pip: `2.21.0` means this version, `2.21` its newest patch.
    static func requirement(_ distribution: String, _ version: String) -> String {
        let isWhole = version.split(separator: ".").count == 3
        return "\(distribution)==\(version)" + (isWhole ? "" : ".*")
    }

    /// Runs the installation in its own process. It continues when the service ends, and the next service waits for it.
    private func provision(_ environment: VirtualEnvironment, python: String) async throws(RuntimeError) {
        var options = PlatformOptions()
        options.createSession = true
        do {
            try OwnFolder.make(folder.path)
            let result = try await Subprocess.run(
                .path(FilePath(settings.executable)),
                arguments: [
                    "provision", "--python", python, "--requirement", environment.requirement, environment.url.path,
                ],
                platformOptions: options,
                input: .none,
                output: .discarded,
                error: .discarded
            )
            guard result.terminationStatus.isSuccess, environment.isComplete else {
                throw RuntimeError(environment.failure)
            }
        } catch let error as RuntimeError {
            throw error
        } catch {
            throw RuntimeError(
                "\(settings.executable) could not be started to install \(environment.requirement): \(error)"
            )
        }
    }
}
