import Foundation
import Jobs
import Platform
import Subprocess
import Synchronization
import SystemPackage

/// Provides the interpreter for a job's runtime and creates the necessary virtual environments, each once.
actor RuntimeStore {
    private let currentSettings: Mutex<LocalSettings>
    private var interpreters: Interpreters
    /// This program, for its hidden verb `provision`.
    private let program: HeldProgram
    private var inProgress: [RuntimeSpec: Task<Result<String, RuntimeError>, Never>] = [:]
    private var found: [String: String] = [:]
    /// The installations whose last try failed.
    private var failures: [RuntimeSpec: Failure] = [:]

    private struct Failure {
        let error: RuntimeError
        /// The error with the time of the next try.
        let next: RuntimeError
        /// The number of failures in a row.
        let count: Int
        let nextTry: ContinuousClock.Instant
    }

    init(_ settings: LocalSettings) {
        currentSettings = Mutex(settings)
        interpreters = Interpreters(configured: settings.interpreters)
        program = HeldProgram(settings.executable)
    }

    private nonisolated var settings: LocalSettings { currentSettings.withLock(\.self) }

    /// Puts other settings in force. Interpreters are looked for again, and failed installations are tried again.
    func applySettings(_ new: LocalSettings) {
        currentSettings.withLock { $0 = new }
        interpreters = Interpreters(configured: new.interpreters)
        found = [:]
        failures = [:]
    }

    /// The folder of the virtual environments.
    nonisolated var folder: URL { settings.folder.appendingPathComponent("runtimes") }

    /// The environment of a runtime. Nil: the plain interpreter is enough.
    nonisolated func environment(_ spec: RuntimeSpec) -> VirtualEnvironment? {
        guard settings.provisionsRuntimes, !spec.isPlain else { return nil }
        return VirtualEnvironment(spec, in: folder)
    }

    /// Describes why a run has to wait for its runtime. Nil: it does not, or its installation failed a short time ago.
    func preparation(of spec: RuntimeSpec) -> String? {
        guard environment(spec)?.isComplete == false, currentFailure(spec) == nil else { return nil }
        let last = failures[spec].map { " again; the last try failed: \($0.error.message)" }
        return "installing \(spec.summary)\(last ?? "; the first time takes minutes")"
    }

    /// Checks whether a runtime is available, or may be after an installation.
    ///
    /// - Throws: ``RuntimeError`` if no interpreter has the version, no wheel fits it, or an installation failed a short
    ///   time ago.
    func checkAvailability(of spec: RuntimeSpec) async throws(RuntimeError) {
        guard let environment = environment(spec) else {
            _ = try await basePython(spec.runtime.python)
            return
        }
        guard !environment.isComplete else { return }
        if let failure = currentFailure(spec) { throw failure.next }
        if let warning = WheelTable.warning(about: spec.runtime) { throw RuntimeError(warning) }
        _ = try await basePython(spec.runtime.python)
    }

    private func currentFailure(_ spec: RuntimeSpec) -> Failure? {
        failures[spec].flatMap { $0.nextTry > .now ? $0 : nil }
    }

    /// Returns the path of the interpreter for a runtime. If this has to create the virtual environment, it takes
    /// minutes.
    ///
    /// Calls for the same runtime share one installation. Different runtimes are installed at the same time.
    ///
    /// - Throws: ``RuntimeError`` with the last message of the installation.
    func interpreter(for spec: RuntimeSpec) async throws(RuntimeError) -> String {
        if let task = inProgress[spec] {
            return try await task.value.get()
        }
        if let failure = currentFailure(spec) { throw failure.next }
        let task = Task { () -> Result<String, RuntimeError> in
            do throws(RuntimeError) {
                return .success(try await self.resolveInterpreter(spec))
            } catch {
                return .failure(error)
            }
        }
        inProgress[spec] = task
        let result = await task.value
        inProgress[spec] = nil
        do throws(RuntimeError) {
            let path = try result.get()
            failures[spec] = nil
            return path
        } catch {
            throw recordFailure(error, of: spec)
        }
    }

    /// Sets the time of the next try, and adds it to the message of a failure that may heal.
    private func recordFailure(_ error: RuntimeError, of spec: RuntimeSpec) -> RuntimeError {
        let count = (failures[spec]?.count ?? 0) + 1
        let pause = (error.mayHeal ? settings.healingPauses : .lasting).pause(after: count)
        let time = (Date() + TimeInterval(pause.components.seconds)).formatted(.iso8601)
        let next = error.mayHeal ? RuntimeError("\(error.message); the next try is at \(time)", mayHeal: true) : error
        failures[spec] = Failure(error: error, next: next, count: count, nextTry: .now + pause)
        return next
    }

    private func resolveInterpreter(_ spec: RuntimeSpec) async throws(RuntimeError) -> String {
        guard let environment = environment(spec) else { return try await basePython(spec.runtime.python) }
        if !environment.isComplete {
            try await provision(environment, python: try await basePython(spec.runtime.python))
        }
        VirtualEnvironment.markUse(at: environment.url, settings.now())
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

    /// Runs the installation in its own process. It continues when the service ends, and the next service waits for it.
    private func provision(_ environment: VirtualEnvironment, python: String) async throws(RuntimeError) {
        var options = PlatformOptions()
        options.createSession = true
        do {
            try OwnFolder.make(folder.path)
            let result = try await Subprocess.run(
                .path(FilePath(program.path)),
                arguments: Arguments(
                    executablePathOverride: program.name,
                    remainingValues: ["provision"] + environment.spec.arguments(python: python) + [folder.path]
                ),
                platformOptions: options,
                input: .none,
                output: .string(limit: 1 << 16),
                error: .discarded
            )
            guard !environment.isComplete else { return }
            throw RuntimeError(report: result.standardOutput)
                ?? RuntimeError(
                    "the installation of \(environment.spec.summary) was ended (\(result.terminationStatus))",
                    mayHeal: true
                )
        } catch let error as RuntimeError {
            throw error
        } catch {
            throw RuntimeError(
                "\(program.name) could not be started to install \(environment.spec.summary): \(error)",
                mayHeal: true
            )
        }
    }
}

// MARK: - Environments that exist

extension RuntimeStore {
    /// How long an environment is kept without a run that uses it, in seconds.
    private static let lifetime: TimeInterval = 30 * 86_400

    /// Records a use of the interpreter that a run started with.
    ///
    /// - Returns: whether the interpreter can still be used.
    func reuse(_ interpreter: String) -> Bool {
        guard FileManager.default.isExecutableFile(atPath: interpreter) else { return false }
        guard let url = environmentFolder(of: interpreter) else { return true }
        guard VirtualEnvironment.isComplete(at: url) else { return false }
        VirtualEnvironment.markUse(at: url, settings.now())
        return true
    }

    /// The environment that an interpreter belongs to. Nil: it is not one of this store.
    private func environmentFolder(of interpreter: String) -> URL? {
        guard interpreter.hasPrefix(folder.path + "/") else { return nil }
        return URL(fileURLWithPath: interpreter).deletingLastPathComponent().deletingLastPathComponent()
    }

    /// Removes the environments that no run has used for 30 days.
    ///
    /// - Parameter interpreters: those of the runs that go on. Their environments stay.
    /// - Returns: the names of the removed environments.
    func removeUnused(except interpreters: Set<String>) async -> [String] {
        let used = Set(interpreters.compactMap { environmentFolder(of: $0)?.lastPathComponent })
        let limit = settings.now() - Self.lifetime
        var removed: [String] = []
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() {
            let url = folder.appendingPathComponent(name)
            guard !used.contains(name), let date = Self.lastUse(of: url), date < limit,
                let lock = try? FileLock.acquire(path: url.path + ".lock", note: "removes \(name)")
            else { continue }
            defer { lock.release() }
            let old = url.appendingPathExtension("removed")
            do {
                // From here on a new run makes the environment again.
                try FileManager.default.moveItem(at: url, to: old)
                try await VirtualEnvironment.remove(old)
                try? FileManager.default.removeItem(at: url.appendingPathExtension("log"))
                removed.append(name)
            } catch {
                // The next check tries again.
                continue
            }
        }
        return removed
    }

    /// When an environment was last used, or when an incomplete one was begun. Nil: it is not a folder.
    private static func lastUse(of url: URL) -> Date? {
        let manager = FileManager.default
        guard (try? FileOwnership(of: url.path, followsLinks: false).isFolder) == true else { return nil }
        let marker = url.appendingPathComponent(VirtualEnvironment.markerName)
        let attributes =
            (try? manager.attributesOfItem(atPath: marker.path)) ?? (try? manager.attributesOfItem(atPath: url.path))
        return attributes?[.modificationDate] as? Date
    }
}
