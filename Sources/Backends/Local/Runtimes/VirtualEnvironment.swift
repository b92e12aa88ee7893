import Foundation
import Platform
import Subprocess
import SystemPackage

/// A Python virtual environment with one installed requirement.
public struct VirtualEnvironment: Sendable {
    let url: URL
    /// The requirement in pip's syntax, for example `tensorflow-cpu==2.21.0`.
    let requirement: String

    init(url: URL, requirement: String) {
        self.url = url
        self.requirement = requirement
    }

    /// - Parameters:
    ///   - path: the folder of the environment, which may be absent.
    ///   - requirement: the requirement in pip's syntax.
    public init(path: String, requirement: String) {
        self.init(url: URL(fileURLWithPath: path), requirement: requirement)
    }

    var python: String { url.appendingPathComponent("bin/python").path }
    private var marker: URL { url.appendingPathComponent("complete") }
    private var log: URL { url.appendingPathExtension("log") }

    /// Whether the installation is complete. An incomplete environment is replaced.
    var isComplete: Bool { FileManager.default.fileExists(atPath: marker.path) }

    /// The message to the user after a failed installation.
    var failure: String {
        let text = FileManager.default.contents(atPath: log.path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        let reason = lines.last { $0.hasPrefix("ERROR") } ?? lines.last ?? "nothing was printed"
        return "\(requirement) could not be installed: \(reason) (see \(log.path))"
    }

    /// Creates the environment unless it is complete. One process works at a time; the others wait for it.
    ///
    /// - Parameter basePython: the interpreter on which the environment is based.
    /// - Returns: whether the environment is complete.
    public func provision(with basePython: String) async throws -> Bool {
        let lock = try await waitForLock()
        defer { lock.release() }
        guard !isComplete else { return true }
        try? FileManager.default.removeItem(at: url)
        // Every job runs what pip installs, so no other user may write it.
        OwnFolder.keepOthersFromWriting()
        try DurableFile.writeUnsynced([], to: log.path)
        guard try await run(basePython, ["-m", "venv", url.path]) else { return false }
        let install = [
            "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off", requirement,
        ]
        guard try await run(python, install) else { return false }
        try DurableFile.write(Array(requirement.utf8), to: marker.path)
        return true
    }

    private func waitForLock() async throws -> FileLock {
        while true {
            do throws(PlatformError) {
                return try FileLock.acquire(path: url.path + ".lock", note: "installs \(requirement)")
            } catch {
                guard case .locked = error else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> Bool {
        let output = try FileDescriptor.open(FilePath(log.path), .writeOnly, options: .append)
        let result = try await Subprocess.run(
            .path(FilePath(program)),
            arguments: Arguments(arguments),
            input: .none,
            output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        )
        return result.terminationStatus.isSuccess
    }
}
