import Foundation
import Glibc
import Synchronization
import SystemPackage

/// A lock by flock(2) that one process at a time holds. The kernel releases it when the process ends.
///
/// The file is never deleted: otherwise a second process could lock another file of the same name. Its one line names
/// the holder, for the error message of other processes.
public final class FileLock: Sendable {
    private let file: Mutex<FileDescriptor?>

    private init(_ file: FileDescriptor) {
        self.file = Mutex(file)
    }

    deinit {
        release()
    }

    /// Takes the lock without waiting. Creates the file if it is absent, but not its folder.
    ///
    /// - Parameters:
    ///   - path: the lock file.
    ///   - note: the purpose of the lock: a few words on one line.
    /// - Throws: ``PlatformError/locked(by:)`` with the holder's line; ``PlatformError/system(_:call:path:)`` if the
    ///   file can't be created.
    public static func acquire(path: String, note: String) throws(PlatformError) -> FileLock {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            )
            // A user who can open the file can hold the lock. Earlier versions let all users read it.
            fchmod(file.rawValue, 0o600)
        } catch {
            throw .of(error, "open", path: path)
        }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let error = PlatformError.last("flock", path: path)
            try? file.close()
            guard case .system(.wouldBlock, _, _) = error else { throw error }
            let holder = SmallFile.readText(path) ?? ""
            throw .locked(by: holder.isEmpty ? "it has only just started" : holder)
        }
        // On a full disk the lock works too; only the line is missing.
        try? file.resize(to: 0)
        _ = try? file.writeAll(toAbsoluteOffset: 0, (holderLine(note) + "\n").utf8)
        return FileLock(file)
    }

    /// Releases the lock before the object is released. A second call does nothing.
    public func release() {
        file.withLock { file in
            try? file?.close()
            file = nil
        }
    }

    private static func holderLine(_ note: String) -> String {
        let own = ProcessIdentity.of(getpid())
        let start = own.map { ", start time \($0.startTime)" } ?? ""
        let since = Date().formatted(.iso8601)
        return "\(note): process \(getpid())\(start) on \(ProcessInfo.processInfo.hostName), since \(since)"
    }
}
