import Foundation
import Jobs

/// The file that a replica prints to: in the run's folder, and under the job's `logDir` too.
enum ReplicaLog {
    /// Makes the file under both names and returns the one in the run's folder.
    ///
    /// The two are one file. Where `logDir` is on another file system the file is there and the run's folder has a symbolic link.
    static func prepare(_ replica: String, in folder: RunFolder, job: Job) throws -> URL {
        let manager = FileManager.default
        let own = folder.url.appendingPathComponent("\(replica).log")
        guard !manager.fileExists(atPath: own.path) else { return own }
        try manager.createDirectory(at: folder.url, withIntermediateDirectories: true)
        guard let logDir = job.logDir else {
            try Data().write(to: own)
            return own
        }
        let shared = URL(fileURLWithPath: logDir)
            .appendingPathComponent("\(folder.id.key.id)-\(replica).run-\(folder.id.number).log")
        try Data().write(to: shared)
        do {
            try manager.linkItem(at: shared, to: own)
        } catch {
            try manager.createSymbolicLink(at: own, withDestinationURL: shared)
        }
        return own
    }
}
