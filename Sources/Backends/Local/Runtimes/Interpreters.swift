import Foundation
import Jobs
import Subprocess
import SystemPackage

/// Finds Python interpreters.
struct Interpreters: Sendable {
    /// The configured interpreters by version. They win over those on the `PATH`.
    let configured: [String: String]
    /// The folders to search, in order.
    let path: [String]

    init(configured: [String: String], path: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") {
        self.configured = configured
        self.path = path.split(separator: ":").map(String.init)
    }

    /// Finds the interpreter of a version.
    ///
    /// This is the configured one, else `python<x.y>` on the `PATH`, else a `python3` or `python` there that reports
    /// this version.
    ///
    /// - Parameter version: the Python version, for example `3.11`.
    /// - Throws: ``RuntimeError`` if there is no such interpreter.
    func findInterpreter(_ version: String) async throws(RuntimeError) -> String {
        if let path = configured[version] {
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw RuntimeError("runtimes.python has \(path) for Python \(version), and no program is there")
            }
            return path
        }
        for candidate in candidates("python\(version)") + candidates("python3") + candidates("python") {
            if let path = await Self.path(of: candidate, version: version) {
                return path
            }
        }
        throw RuntimeError(
            "no Python \(version) is on the PATH of the service; install python\(version), or name it under runtimes.python"
        )
    }

    private func candidates(_ name: String) -> [String] {
        path.map { "\($0)/\(name)" }.filter(FileManager.default.isExecutableFile)
    }

    /// Asks a program for its version, because a wrapper of a version manager may run any version or none.
    ///
    /// - Returns: the path of the interpreter that the program runs, or nil if it has another version.
    private static func path(of program: String, version: String) async -> String? {
        let result = try? await Subprocess.run(
            .path(FilePath(program)),
            arguments: ["-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable, sep='\\n')"],
            output: .string(limit: 8192),
            error: .discarded
        )
        guard let result, result.terminationStatus.isSuccess else { return nil }
        let lines = result.standardOutput.split(separator: "\n").map(String.init)
        return lines.count == 2 && lines[0] == version ? lines[1] : nil
    }
}
