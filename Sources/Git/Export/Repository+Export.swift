import Foundation
import Platform

extension Repository {
    /// Writes a folder of a commit to disk: whole, or not at all.
    ///
    /// Files get the mode 0644 or 0755 whatever the umask, symbolic links stay the links they are and are never
    /// followed, a submodule becomes an empty folder, and what git-lfs keeps elsewhere stays the pointer it is; see
    /// ``exportRemarks(on:excluding:limit:)``. It is made beside the target and renamed. A crash of the process may leave a
    /// folder named `.<target>.<random>.tmp`; nothing forces the bytes to the disk before a power cut.
    ///
    /// The repository's other calls wait meanwhile, but not for large files: these the `git` program copies, so that no blob of more
    /// than 8 MiB is in memory as a whole.
    ///
    /// - Parameters:
    ///   - folder: relative to the root; nil for the root itself.
    ///   - commit: the commit.
    ///   - excluded: paths relative to the folder that are left out, with all that is below them.
    ///   - limit: the most bytes of all files together. Default: 2 GiB.
    ///   - target: the folder to make, and those above it. Where it is there already, nothing is done.
    /// - Throws: ``GitError/folderMissing(_:commit:)`` where the commit has no such folder;
    ///   ``GitError/entryRefused(path:reason:)`` for a name that would lead outside of it;
    ///   ``GitError/exportTooLarge(path:limit:)`` and ``GitError/treeTooLarge(path:limit:)`` for more than is written;
    ///   ``GitError/system(_:)`` for example where the disk is full.
    public func export(
        folder: String?,
        at commit: ObjectID,
        excluding excluded: Set<String> = [],
        limit: Int = 2 << 30,
        to target: String
    ) async throws(GitError) {
        let root = try handle.node(commit).tree
        let found = try handle.find(folder ?? "", in: root) { (id, path) throws(GitError) in
            try handle.tree(id, at: path)
        }
        guard let tree = found.folder else { throw .folderMissing(folder ?? "", commit: commit) }
        let manager = FileManager.default
        let place = URL(fileURLWithPath: target)
        guard !manager.fileExists(atPath: place.path) else { return }
        let parent = place.deletingLastPathComponent()
        try? manager.createDirectory(at: parent, withIntermediateDirectories: true)
        let draft = parent.appendingPathComponent(".\(place.lastPathComponent).\(UUID().uuidString).tmp").path
        do throws(GitError) {
            let draftFolder = try onDisk { () throws(PlatformError) in try OpenFolder(making: draft) }
            var export = TreeExport(handle, excluding: excluded, limit: limit)
            try export.write(tree, into: draftFolder, at: "")
            for blob in export.large {
                try await blob.copy(from: handle.ownFolder)
            }
            try onDisk { () throws(PlatformError) in try OpenFolder.rename(draft, to: place.path) }
        } catch {
            try? manager.removeItem(atPath: draft)
            // Another may have been faster with the same.
            guard manager.fileExists(atPath: place.path) else { throw error }
        }
    }
}
