import Foundation
import Jobs
import Platform
import SystemPackage

/// The file in the run's folder that a replica prints to.
///
/// The replica's order records the inode number of the file. So readers see only the file that was created here, even
/// if the job puts another file in its place.
struct ReplicaLog {
    let path: String
    let inode: UInt64
    /// The length of the file, which is the output of earlier attempts.
    let size: Int
    /// The path of the copy in the job's `logDir`, which the supervisor writes, if that is on another file system. Nil:
    /// the log in `logDir` is a hard link, or the job has no `logDir`.
    let copy: String?
    /// Whether an earlier attempt began the copy.
    let continuesCopy: Bool

    /// Creates the file, or finds the one of the previous attempt, and links it into `logDir`.
    ///
    /// - Parameter user: the user to whom the log belongs. Nil: the service's.
    static func prepare(_ replica: String, in folder: RunFolder, job: Job, _ user: ReplicaUser?) throws -> ReplicaLog {
        let manager = FileManager.default
        let own = folder.url.appendingPathComponent(fileName(replica))
        try OwnFolder.make(folder.url.path)
        let (inode, size): (UInt64, Int)
        if let file = try? open(replica, in: folder) {
            (inode, size) = (file.inode, try file.size)
        } else {
            try? manager.removeItem(at: own)
            // With `logDir` the job's author chose a folder where other users may read the log.
            let readers: FilePermissions = job.logDir == nil ? [] : [.groupRead, .otherRead]
            try DurableFile.writeUnsynced([], to: own.path, mode: readers.union(.ownerReadWrite))
            try user?.account.takeOwnership(of: own.path)
            (inode, size) = (try ReadableFile(below: folder.url.path, [own.lastPathComponent]).inode, 0)
        }
        guard let logDir = job.logDir else {
            return ReplicaLog(path: own.path, inode: inode, size: size, copy: nil, continuesCopy: false)
        }
        let earlier = folder.newestAttempt(of: replica).flatMap { folder.replica(replica, attempt: $0).order?.logCopy }
        if let earlier {
            return ReplicaLog(path: own.path, inode: inode, size: size, copy: earlier, continuesCopy: true)
        }
        let (shared, isShared) = try user.perform {
            let shared = sharedPath(of: replica, folder.id, in: logDir, inode: inode)
            return (shared, try HardLink.replace(shared, with: own.path))
        }
        return ReplicaLog(
            path: own.path,
            inode: inode,
            size: size,
            copy: isShared ? nil : shared,
            continuesCopy: false
        )
    }

    /// Chooses a name in `logDir` that no log of another job has: jobs of other partitions may have the same id.
    private static func sharedPath(of replica: String, _ run: RunID, in logDir: String, inode: UInt64) -> String {
        let (key, end) = (run.key, "\(replica).run-\(run.number)")
        let names = ["\(key.id)-\(end)", "\(key.cluster).\(key.partition).\(key.id)-\(end)"]
        let others = (2...1000).lazy.map { "\(names[1]).\($0)" }
        let paths = (names + others).lazy.map { "\(logDir)/\($0).log" }
        return paths.first { path in
            // Links are replaced.
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return attributes?[.type] as? FileAttributeType != .typeRegular
                || attributes?[.systemFileNumber] as? UInt64 == inode
        } ?? "\(logDir)/\(names[1]).\(UUID().uuidString).log"
    }

    /// How many bytes of a log are searched for the cause of a failure.
    private static let searchedBytes = 64 << 10

    /// Reads the end of what a replica printed in an attempt. Empty: nothing, or the log can't be read.
    static func readEnd(of replica: String, attempt: Int, in folder: RunFolder) -> String {
        guard let file = try? open(replica, in: folder), let size = try? file.size else { return "" }
        let start = max(folder.replica(replica, attempt: attempt).order?.logStart ?? 0, size - searchedBytes)
        let bytes = try? file.readBytes(at: start, upTo: searchedBytes)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// Opens a replica's log for reading.
    ///
    /// - Returns: nil if the log does not exist yet, or another file has its name.
    /// - Throws: an error if the log can't be opened for another reason.
    static func open(_ replica: String, in folder: RunFolder) throws(PlatformError) -> ReadableFile? {
        guard let attempt = folder.newestAttempt(of: replica),
            let order = folder.replica(replica, attempt: attempt).order
        else { return nil }
        let key = folder.id.key
        let names = [key.cluster, key.partition, key.id, String(folder.id.number), fileName(replica)]
        do throws(PlatformError) {
            let file = try ReadableFile(below: folder.runs.path, names)
            guard file.inode == order.logInode else { return nil }
            // A job can change its records and put a link to a file of somebody else in place of its log. Only a log
            // that is in `logDir` too has a second name.
            let hasLink = file.names == 2 && (try? folder.request())?.0.job.logDir != nil
            return file.names == 1 || hasLink ? file : nil
        } catch .system(.invalidArgument, _, _), .system(.tooManySymbolicLinkLevels, _, _) {
            return nil
        } catch {
            guard error.isAbsence else { throw error }
            return nil
        }
    }

    private static func fileName(_ replica: String) -> String { "\(replica).log" }
}
