import Foundation
import Jobs
import Platform
import SystemPackage

/// What an order says of the log of a replica; ``LogFiles`` has its files.
///
/// The order records the inode number of the file, and the supervisor those of the next ones. So readers see only the
/// files that were created for the log, even if the job puts another file in the place of one.
struct ReplicaLog {
    /// The file in the run's folder to which the supervisor writes what the replica prints.
    let path: String
    let inode: UInt64
    /// The length of the output of earlier attempts.
    let start: Int
    /// The hard link in the job's `logDir`. Nil: the job has none, or it is on another file system.
    var link: String?
    /// The copy in the job's `logDir`, if that is on another file system.
    var copy: String?
    /// Whether an earlier attempt began the copy.
    var continuesCopy = false

    /// Creates the file, or finds the one of the previous attempt, and links it into `logDir`.
    ///
    /// - Parameters:
    ///   - logDir: the job's own folder for logs. Nil: it has none.
    ///   - user: the user to whom the log belongs. Nil: the service's.
    static func prepare(_ replica: String, in folder: RunFolder, logDir: String?, _ user: ReplicaUser?) throws
        -> ReplicaLog
    {
        let own = folder.url.appendingPathComponent("\(replica).log")
        try OwnFolder.make(folder.url.path)
        let newest = try? LogFiles(replica, in: folder)?.newestPart()
        if newest == nil {
            LogFiles.removeAll(replica, in: folder)
            // With `logDir` the job's author chose a folder where other users may read the log.
            let readers: FilePermissions = logDir == nil ? [] : [.groupRead, .otherRead]
            try DurableFile.writeUnsynced([], to: own.path, mode: readers.union(.ownerReadWrite))
            try user?.account.takeOwnership(of: own.path)
        }
        let file = try newest?.file ?? ReadableFile(below: folder.url.path, [own.lastPathComponent])
        var log = ReplicaLog(path: own.path, inode: file.inode, start: try newest?.end ?? 0)
        guard let logDir else { return log }
        let earlier = folder.newestAttempt(of: replica).flatMap { folder.replica(replica, attempt: $0).order?.logCopy }
        if let earlier {
            (log.copy, log.continuesCopy) = (earlier, true)
            return log
        }
        // If a rotation was interrupted, the supervisor finishes it.
        let current = folder.url.appendingPathComponent(newest?.name ?? own.lastPathComponent).path
        let (shared, isShared) = try user.perform {
            let shared = sharedPath(of: replica, folder.id, in: logDir, inode: log.inode)
            return (shared, try HardLink.replace(shared, with: current))
        }
        (log.link, log.copy) = isShared ? (shared, nil) : (nil, shared)
        return log
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
        guard let files = LogFiles(replica, in: folder), let end = try? files.newestPart()?.end else { return "" }
        let start = max(folder.replica(replica, attempt: attempt).order?.logStart ?? 0, end - searchedBytes)
        let bytes = (try? files.readBytes(from: start, upTo: searchedBytes)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }
}
