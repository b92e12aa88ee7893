import Foundation
import Glibc
import TestSupport

/// The executable in a terminal of its own: see `terminal.py`.
struct PseudoTerminal: Sendable {
    let columns: Int
    let rows: Int
    private let log: String
    private let program: RunningProgram
    private let folder: TemporaryFolder

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("terminal.py").path

    /// Starts `tfjob-admin`.
    init(
        _ arguments: [String],
        columns: Int = 80,
        rows: Int = 24,
        environment: [String: String] = [:],
        in folder: TemporaryFolder
    ) async throws {
        (self.columns, self.rows, self.folder) = (columns, rows, folder)
        log = folder.path("terminal-\(UUID().uuidString).log")
        let variables = environment.map { "\($0.key)=\($0.value)" }
        // Whoever runs the tests may have set NO_COLOR: `swift test` does, where its own output is no terminal.
        let start =
            ["env", "-u", "NO_COLOR", "-C", folder.url.path] + variables
            + ["python3", Self.script, "run", "\(columns)", "\(rows)"]
        program = try await RunningProgram(start + [BuiltExecutable.path] + arguments, log: log)
    }

    /// The end of it.
    ///
    /// - Returns: the exit code.
    @discardableResult
    func wait() async throws -> Int32 { try await program.wait() }

    /// Ends it.
    func end() async throws { try await program.end(with: SIGTERM) }

    /// All that it wrote so far.
    var written: String {
        get throws { String(decoding: try Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self) }
    }

    /// What stands on the screen.
    func screen() async throws -> String {
        let python = try await PythonPackage.python("pyte==0.8.2", module: "pyte")
        let text = try await run([python, Self.script, "render", "\(columns)", "\(rows)", log], in: folder.url.path)
        return text.trimmingCharacters(in: .newlines)
    }
}
