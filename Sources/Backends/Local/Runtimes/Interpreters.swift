import Foundation
import Jobs
import Subprocess
import SystemPackage

/// Finds Python interpreters.
struct Interpreters: Sendable {
    /// By version; these win over what the PATH has.
    let configured: [String: String]
    /// The folders to look in, in order.
    let path: [String]

    init(configured: [String: String], path: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") {
        self.configured = configured
        self.path = path.split(separator: ":").map(String.init)
    }

    /// Finds the interpreter of a version.
    ///
    /// The configured one, else `python<x.y>` on the PATH, else a `python3` or `python` there that says it is that version.
    ///
    /// - Parameter version: `3.11`, say.
    /// - Throws: ``RuntimeError`` where there is none.
    func find(_ version: String) async throws(RuntimeError) -> String {
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

    /// Asks the program itself, since the file of a version manager may stand for another version or for none.
    ///
    /// - Returns: the path of the interpreter that it really runs; nil where that is another version.
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

/// Why a runtime can't be had: a sentence for the user.
struct RuntimeError: Error, Equatable {
    let message: String
    /// Whether another try may work: something could not be written, say.
    let mayHeal: Bool

    init(_ message: String, mayHeal: Bool = false) {
        self.message = message
        self.mayHeal = mayHeal
    }
}
