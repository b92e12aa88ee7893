import Foundation
import Jobs
import Platform
import SystemPackage

/// The file that a replica prints to, in the run's folder.
///
/// Its number (inode) is kept in the replica's orders, so that the log that is shown is the file that was made here, and not
/// what a job put in its place.
struct ReplicaLog {
    let path: String
    let inode: UInt64
    /// Under the job's `logDir`, where that is on another file system: the supervisor copies to it. Else the two are one file.
    let copy: String?

    /// Makes the file, or finds the one of the attempt before, and gives it its second name in `logDir`.
    static func prepare(_ replica: String, in folder: RunFolder, job: Job) throws -> ReplicaLog {
        let manager = FileManager.default
        let own = folder.url.appendingPathComponent(fileName(replica))
        try OwnFolder.make(folder.url.path)
        let inode: UInt64
        if let file = try? open(replica, in: folder) {
            inode = file.inode
        } else {
            try? manager.removeItem(at: own)
            // Others read it where the job says so, by a folder of their own choice.
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
    /// - Returns: nil where there is none yet, or something else has its name.
    /// - Throws: where it can't be opened for another reason.
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
