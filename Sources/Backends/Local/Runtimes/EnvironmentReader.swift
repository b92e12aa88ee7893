import Foundation
import Jobs
import Subprocess
import SystemPackage

/// Finds out which version of Python an interpreter is, and which packages it has.
actor EnvironmentReader {
    private var known: [String: (environment: RunEnvironment, time: ContinuousClock.Instant)] = [:]
    /// The questions under way: many runs may start together.
    private var inProgress: [String: Task<RunEnvironment?, Never>] = [:]
    /// How long an answer is used again. The packages of the system's interpreter may change.
    private static let lifetime = Duration.seconds(3600)
    /// The most bytes of an answer.
    private static let longest = 1 << 20

    /// Describes the environment of an interpreter.
    ///
    /// - Parameter interpreter: its path.
    /// - Returns: nil if the interpreter does not answer.
    func readEnvironment(of interpreter: String) async -> RunEnvironment? {
        if let (environment, time) = known[interpreter], time.duration(to: .now) < Self.lifetime { return environment }
        if let task = inProgress[interpreter] { return await task.value }
        let task = Task { await Self.ask(interpreter) }
        inProgress[interpreter] = task
        let environment = await task.value
        inProgress[interpreter] = nil
        known[interpreter] = environment.map { ($0, .now) }
        return environment
    }

    private static func ask(_ interpreter: String) async -> RunEnvironment? {
        // Packages of a virtual environment may run code at each start of Python, which must not run as the service. So
        // Python starts without them (`-S`), and only reads their descriptions.
        let folders = packageFolders(of: interpreter)
        let options = folders.isEmpty ? ["-I", "-B"] : ["-I", "-B", "-S"]
        let result = try? await Subprocess.run(
            .path(FilePath(interpreter)),
            arguments: Arguments(options + ["-c", program] + folders),
            workingDirectory: "/",
            input: .none,
            output: .bytes(limit: longest),
            error: .discarded
        )
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return try? JSONDecoder().decode(RunEnvironment.self, from: Data(result.standardOutput))
    }

    /// The folders with the packages of a virtual environment; empty for another interpreter.
    private static func packageFolders(of interpreter: String) -> [String] {
        let prefix = URL(fileURLWithPath: interpreter).deletingLastPathComponent().deletingLastPathComponent()
        let mark = prefix.appendingPathComponent("pyvenv.cfg").path
        guard FileManager.default.fileExists(atPath: mark) else { return [] }
        let library = prefix.appendingPathComponent("lib")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
        return names.filter { $0.hasPrefix("python") }.sorted().map { "\(library.path)/\($0)/site-packages" }
    }

    /// Prints a ``RunEnvironment`` as JSON. Like `pip freeze`, it leaves out the tools that install packages.
    private static let program = """
        import json, platform, sys
        from importlib import metadata
        found = {}
        for item in metadata.distributions(path=sys.argv[1:] or sys.path):
            name = item.metadata["Name"]
            if name and name.lower() not in {"pip", "setuptools", "wheel", "distribute"}:
                found.setdefault(name.lower().replace("_", "-"), f"{name}=={item.version}")
        packages = [found[name] for name in sorted(found)]
        print(json.dumps({
            "python": platform.python_version(), "platform": platform.platform(), "packages": packages,
        }))
        """
}
