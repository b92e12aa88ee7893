import Foundation
import SystemPackage

/// An exclusive lock on a file, for one process at a time. The kernel gives it back when the process ends, however it ends.
public final class FileLock: Sendable {
    private let descriptor: FileDescriptor

    private init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        try? descriptor.close()
    }

    /// Takes the lock, or says at once who has it.
    ///
    /// - Parameters:
    ///   - path: the lock file; made if absent, and never removed.
    ///   - note: what the holder is, for whoever comes second.
    /// - Throws: ``PlatformError/locked(by:)`` while another process has it.
    public static func acquire(path: String, note: String) throws(PlatformError) -> FileLock {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            )
        } catch {
            throw .system(error as? Errno ?? .ioError, call: "open", path: path)
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let code = Errno(rawValue: errno)
            try? descriptor.close()
            guard code == .wouldBlock else { throw .system(code, call: "flock", path: path) }
            throw .locked(by: holder(path))
        }
        let started = Date().formatted(.iso8601)
        let text = "process \(getpid()) (\(note)) on \(ProcessInfo.processInfo.hostName) since \(started)"
        ftruncate(descriptor.rawValue, 0)
        _ = try? descriptor.writeAll(text.utf8)
        return FileLock(descriptor)
    }

    /// Gives the lock back; the end of the last reference does so too.
    public func release() {
        flock(descriptor.rawValue, LOCK_UN)
    }

    private static func holder(_ path: String) -> String {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.isEmpty ? "another process" : text
    }
}
