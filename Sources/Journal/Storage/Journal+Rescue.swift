import Foundation
import GRDB
import Platform
import SystemPackage

extension Journal {
    /// Notices at once when somebody removes or replaces the file while it is open, and writes it again from the open one, which the
    /// kernel keeps. A file that was put in its place is renamed to `journal.sqlite.replaced-<time>`.
    ///
    /// Writes between the copy and the restart are missing in the new file. The start finds them again in git and among the runs of the
    /// backends, as after a power cut.
    ///
    /// ``damage`` then signals, because connections to the old file must not be used any more: the service starts again with the new one.
    /// Returns when the task is cancelled, or after a rescue.
    public func watchFile() async {
        guard let opened = FileIdentity(pool.path) else { return }
        let folder = URL(fileURLWithPath: pool.path).deletingLastPathComponent().path
        guard let watcher = try? DirectoryWatcher(), (try? watcher.watch(folder)) != nil else { return }
        for await _ in watcher.events where FileIdentity(pool.path) != opened {
            do {
                try await rescue()
                board.recordDamage("the journal \(path) was removed while the service ran; it was written again")
            } catch {
                board.recordDamage("the journal \(path) was removed while the service ran, and is lost: \(error)")
            }
            return
        }
    }

    private func rescue() async throws {
        let draft = path + ".rescued"
        let manager = FileManager.default
        try? manager.removeItem(atPath: draft)
        try await pool.writeWithoutTransaction { database in
            // https://www.sqlite.org/lang_vacuum.html#vacuuminto
            try database.execute(sql: "VACUUM INTO ?", arguments: [draft])
        }
        try OwnFolder.set(.ownerReadWrite, of: draft)
        // The log of the old file must not be applied to the new one.
        for suffix in ["-wal", "-shm"] {
            try? manager.removeItem(atPath: path + suffix)
        }
        if manager.fileExists(atPath: path) {
            // Somebody may need it, for example a backup that was copied here.
            try manager.moveItem(atPath: path, toPath: "\(path).replaced-\(Int(Date().timeIntervalSince1970))")
        }
        try manager.moveItem(atPath: draft, toPath: path)
    }
}

/// Which file has a path.
private struct FileIdentity: Equatable {
    private let device: UInt64
    private let file: UInt64

    /// Returns nil if there is no file.
    init?(_ path: String) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let device = attributes?[.systemNumber] as? NSNumber,
            let file = attributes?[.systemFileNumber] as? NSNumber
        else { return nil }
        self.device = device.uint64Value
        self.file = file.uint64Value
    }
}
