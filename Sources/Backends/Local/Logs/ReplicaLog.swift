import Foundation
import Jobs
import Platform
import Synchronization
import SystemPackage

/// The file in the run's folder that a replica prints to.
///
/// The replica's order records the inode number of the file. So readers see only the file that was created here, even
/// if the job puts another file in its place.
struct ReplicaLog {
    let path: String
    let inode: UInt64
    /// The path of the copy in the job's `logDir`, which the supervisor writes, if that is on another file system. Nil:
    /// the log in `logDir` is a hard link, or the job has no `logDir`.
    let copy: String?

    /// Creates the file, or finds the one of the previous attempt, and links it into `logDir`.
    static func prepare(_ replica: String, in folder: RunFolder, job: Job) throws -> ReplicaLog {
        let manager = FileManager.default
        let own = folder.url.appendingPathComponent(fileName(replica))
        try OwnFolder.make(folder.url.path)
        let inode: UInt64
        if let file = try? open(replica, in: folder) {
            inode = file.inode
        } else {
            try? manager.removeItem(at: own)
            // With `logDir` the job's author chose a folder where other users may read the log.
            let readers: FilePermissions = job.logDir == nil ? [] : [.groupRead, .otherRead]
            try DurableFile.writeUnsynced([], to: own.path, mode: readers.union(.ownerReadWrite))
            inode = try ReadableFile(below: folder.url.path, [own.lastPathComponent]).inode
        }
        guard let logDir = job.logDir else { return ReplicaLog(path: own.path, inode: inode, copy: nil) }
        let shared = URL(fileURLWithPath: logDir)
            .appendingPathComponent("\(folder.id.key.id)-\(replica).run-\(folder.id.number).log")
        let isShared = try HardLink.replace(shared.path, with: own.path)
        return ReplicaLog(path: own.path, inode: inode, copy: isShared ? nil : shared.path)
    }

    /// Opens a replica's log for reading.
    ///
    /// - Returns: nil if the log does not exist yet, or another file has its name.
    /// - Throws: an error if the log can't be opened for another reason.
    static func open(_ replica: String, in folder: RunFolder) throws(PlatformError) -> ReadableFile? {
        guard let order = folder.replica(replica, attempt: folder.newestAttempt()).order else { return nil }
        let key = folder.id.key
        let names = [key.cluster, key.partition, key.id, String(folder.id.number), fileName(replica)]
        do throws(PlatformError) {
            let file = try ReadableFile(below: folder.runs.path, names)
            return file.inode == order.logInode ? file : nil
        } catch .system(.invalidArgument, _, _), .system(.tooManySymbolicLinkLevels, _, _) {
            return nil
        } catch {
            guard error.isAbsence else { throw error }
            return nil
        }
    }

    private static func fileName(_ replica: String) -> String { "\(replica).log" }
}

/// A copy of a log on another file system, which grows with the log.
///
/// A failed write must not end the training: the next round writes the missing bytes again, and the run's own log has
/// them anyway.
final class LogCopy: Sendable {
    private struct State {
        let log: FileDescriptor
        let copy: FileDescriptor
        var offset: Int64 = 0
    }

    /// Nil if one of the files can't be opened.
    private let state: Mutex<State?>

    /// - Parameters:
    ///   - log: the file to copy, from its first byte.
    ///   - copy: the path of the new file. An existing file is never written to.
    init(of log: String, to copy: String) {
        let options: FileDescriptor.OpenOptions = [.create, .exclusiveCreate, .noFollow, .closeOnExec]
        let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
        guard let source = try? FileDescriptor.open(FilePath(log), .readOnly, options: [.noFollow, .closeOnExec]) else {
            state = Mutex(nil)
            return
        }
        let target = try? FileDescriptor.open(FilePath(copy), .writeOnly, options: options, permissions: permissions)
        state = Mutex(target.map { State(log: source, copy: $0) })
        if target == nil {
            try? source.close()
        }
    }

    deinit {
        state.withLock { state in
            try? state?.log.close()
            try? state?.copy.close()
        }
    }

    /// Copies new bytes once a second until the task is cancelled.
    func copyContinuously() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            copyNewBytes()
        }
    }

    /// Copies the bytes that the log has and the copy lacks.
    func copyNewBytes() {
        state.withLock { state in
            guard var current = state else { return }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while let count = try? unsafe buffer.withUnsafeMutableBytes({
                unsafe try current.log.read(fromAbsoluteOffset: current.offset, into: $0)
            }), count > 0 {
                guard (try? current.copy.writeAll(toAbsoluteOffset: current.offset, buffer[..<count])) != nil else {
                    break
                }
                current.offset += Int64(count)
            }
            state = current
        }
    }
}
