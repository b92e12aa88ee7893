import Foundation
import Glibc
import Synchronization
import SystemPackage

/// A lock that one process at a time holds, by flock(2); the kernel lets it go with the process, however that ends.
///
/// The file stays where it is: deleting it would let a second process lock another file of the same name. Its one line says who
/// holds the lock, for the message to those who can't have it.
public final class FileLock: Sendable {
    private let file: Mutex<FileDescriptor?>

    private init(_ file: FileDescriptor) {
        self.file = Mutex(file)
    }

    deinit {
        release()
    }

    /// Takes the lock, or says at once who has it. The file is made if absent, its folder is not.
    ///
    /// - Parameters:
    ///   - path: the lock file.
    ///   - note: what the lock is held for, a few words on one line.
    /// - Throws: ``PlatformError/locked(by:)`` with the holder's line; ``PlatformError/system(_:call:path:)`` where the
    ///   file can't be made.
    public static func acquire(path: String, note: String) throws(PlatformError) -> FileLock {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            )
            // Whoever can open it can hold it. Earlier versions let all read it.
            fchmod(file.rawValue, 0o600)
        } catch {
            throw .of(error, "open", path: path)
        }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let error = PlatformError.last("flock", path: path)
            try? file.close()
            guard case .system(.wouldBlock, _, _) = error else { throw error }
            let holder = SmallFile.text(path) ?? ""
            throw .locked(by: holder.isEmpty ? "it has only just started" : holder)
        }
        // On a full disk the lock holds as well; only the line is missing.
        try? file.resize(to: 0)
        _ = try? file.writeAll(toAbsoluteOffset: 0, (holderLine(note) + "\n").utf8)
        return FileLock(file)
    }

    /// Lets the lock go now, not only when this object is released. A second call does nothing.
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
