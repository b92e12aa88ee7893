public import Foundation
import Platform
import SystemPackage

/// The folder of a Python virtual environment, with its log, lock and marker.
public struct VirtualEnvironment: Sendable {
    let url: URL
    let spec: RuntimeSpec

    /// - Parameters:
    ///   - spec: what the environment holds.
    ///   - folder: the folder of all environments, which must exist.
    public init(_ spec: RuntimeSpec, in folder: URL) {
        self.spec = spec
        url = folder.appendingPathComponent(spec.name)
    }

    /// The path of the interpreter.
    public var python: String { url.appendingPathComponent("bin/python").path }
    /// The file that marks a complete installation. Its time is that of the last use.
    private var marker: URL { url.appendingPathComponent(Self.markerName) }
    /// What the installations printed, over all tries. `logs` shows it while a run waits for the environment.
    var log: URL { url.appendingPathExtension("log") }
    static let markerName = "complete"

    /// Whether the installation is complete. An incomplete environment is replaced, as is one whose interpreter is gone.
    var isComplete: Bool { Self.isComplete(at: url) }

    static func isComplete(at url: URL) -> Bool {
        let manager = FileManager.default
        return manager.fileExists(atPath: url.appendingPathComponent(markerName).path)
            && manager.isExecutableFile(atPath: url.appendingPathComponent("bin/python").path)
    }

    /// Records that a run uses the environment at a path.
    static func markUse(at url: URL, _ date: Date) {
        let marker = url.appendingPathComponent(markerName).path
        try? FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: marker)
    }

    /// Creates the environment unless it is complete. One process works at a time; the others wait for it.
    ///
    /// - Parameter basePython: the interpreter on which the environment is based.
    /// - Returns: why the environment is not complete. Nil: it is.
    public func provision(with basePython: String) async -> RuntimeError? {
        do {
            let lock = try await waitForLock()
            defer { lock.release() }
            guard !isComplete else { return nil }
            // Runs execute what pip installs, so no other user may write it.
            OwnFolder.keepOthersFromWriting()
            try prepareLog()
            try await Installation(self, basePython: basePython).run()
            try DurableFile.write(Array("\(spec.summary)\n".utf8), to: marker.path, mode: .ownerRead)
            try OwnFolder.set(Self.readOnly, of: url.path)
            return nil
        } catch let error as RuntimeError {
            return error
        } catch {
            return RuntimeError("\(spec.summary) can't be installed in \(url.path): \(error)", mayHeal: true)
        }
    }

    private static let readOnly: FilePermissions = [
        .ownerRead, .ownerExecute, .groupRead, .groupExecute, .otherRead, .otherExecute,
    ]

    private func waitForLock() async throws -> FileLock {
        while true {
            do throws(PlatformError) {
                return try FileLock.acquire(path: url.path + ".lock", note: "installs \(spec.summary)")
            } catch {
                guard case .locked = error else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// A log of this size, in bytes, makes way for a new one.
    private static let longestLog = 1 << 20

    /// Creates the log, or begins a new part of it. Earlier tries stay, so that a reader sees the first cause too.
    private func prepareLog() throws {
        let size = try? openLog().size
        if size.map({ $0 > Self.longestLog }) ?? true {
            try DurableFile.writeUnsynced([], to: log.path)
        }
        try appendToLog("\(Date().formatted(.iso8601)) installing \(spec.summary)\n")
    }

    private func appendToLog(_ text: String) throws {
        let file = try FileDescriptor.open(FilePath(log.path), .writeOnly, options: [.append, .closeOnExec])
        _ = try file.closeAfter { try file.writeAll(text.utf8) }
    }

    /// Opens the log.
    func openLog() throws(PlatformError) -> ReadableFile {
        try ReadableFile(below: url.deletingLastPathComponent().path, [log.lastPathComponent])
    }

    /// Removes an environment, whose folders may be read-only.
    static func remove(_ url: URL) async throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        try await SystemProgram.run("chmod", ["--recursive", "u+rwX", url.path])
        try FileManager.default.removeItem(at: url)
    }
}
