import Foundation
import Jobs
import Platform
import Subprocess
import SystemPackage

/// Turns a job's runtime into an interpreter, and makes the virtual environments that this needs, each once.
actor RuntimeStore {
    private let settings: LocalSettings
    private let interpreters: Interpreters
    private var inProgress: [Request: Task<Result<String, RuntimeError>, Never>] = [:]
    private var found: [String: String] = [:]

    /// What one installation serves.
    struct Request: Hashable, Sendable {
        let runtime: Runtime
        /// Whether TensorFlow is to be the one that can use GPUs.
        let usesGPUs: Bool

        /// - Parameters:
        ///   - run: the run that needs it.
        ///   - settings: the backend's.
        init(_ run: RunRequest, _ settings: LocalSettings) {
            runtime = run.job.runtime
            usesGPUs = settings.gpus[run.id.key.cluster, default: 0] > 0
        }
    }

    init(_ settings: LocalSettings) {
        self.settings = settings
        interpreters = Interpreters(configured: settings.interpreters)
    }

    /// The folder of the environments.
    private var folder: URL { settings.folder.appendingPathComponent("runtimes") }

    /// Whether an interpreter can be had at once.
    func isReady(_ request: Request) -> Bool {
        environment(request)?.isComplete ?? true
    }

    /// The interpreter of a runtime; where its environment has to be made first, that takes minutes.
    ///
    /// Calls for the same runtime share one installation.
    ///
    /// - Throws: ``RuntimeError`` with what the installation said last.
    func interpreter(for request: Request) async throws(RuntimeError) -> String {
        if let task = inProgress[request] {
            return try await task.value.get()
        }
        let task = Task { () -> Result<String, RuntimeError> in
            do throws(RuntimeError) {
                return .success(try await self.resolve(request))
            } catch {
                return .failure(error)
            }
        }
        inProgress[request] = task
        let result = await task.value
        inProgress[request] = nil
        return try result.get()
    }

    private func resolve(_ request: Request) async throws(RuntimeError) -> String {
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
        let path = try await interpreters.find(version)
        found[version] = path
        return path
    }

    /// The environment to make; nil where the interpreter will do as it is.
    private func environment(_ request: Request) -> VirtualEnvironment? {
        guard let tensorflow = request.runtime.tensorflow, settings.provisionsRuntimes else { return nil }
        let distribution = request.usesGPUs ? "tensorflow" : "tensorflow-cpu"
        return VirtualEnvironment(
            url: folder.appendingPathComponent("python-\(request.runtime.python)-\(distribution)-\(tensorflow)"),
            requirement: Self.requirement(distribution, tensorflow)
        )
    }

    /// `2.21.0` is that version; `2.21` is its newest patch.
    static func requirement(_ distribution: String, _ version: String) -> String {
        let isWhole = version.split(separator: ".").count == 3
        return "\(distribution)==\(version)" + (isWhole ? "" : ".*")
    }

    /// Runs the installation in a process of its own, which goes on when the service ends; the next service waits for it.
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
