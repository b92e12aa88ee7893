import Foundation
import Glibc
import TestSupport

/// A server of a test's own on 127.0.0.1, which takes a free port and prints it first.
struct PrintingServer: Sendable {
    let port: Int
    private let program: RunningProgram

    /// Starts it and waits until it listens.
    init(_ command: [String], in folder: TemporaryFolder) async throws {
        let log = folder.path("server-\(UUID().uuidString).log")
        program = try await RunningProgram(command, log: log)
        port = try await firstValue("a server prints its port (\(log))") {
            let lines = try String(contentsOfFile: log, encoding: .utf8).split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            return lines.count > 1 ? Int(lines[0]) : nil
        }
    }

    func end() async throws {
        try await program.end(with: SIGKILL)
    }
}
