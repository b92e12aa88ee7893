import Crypto
import Foundation
import Platform

extension Repository {
    /// Writes a folder of a commit to disk, completely or not at all.
    ///
    /// Files get the mode 0644 or 0755 regardless of the umask. Symbolic links stay links and are never followed, a
    /// submodule becomes an empty folder, and a Git LFS pointer stays a pointer; see
    /// ``exportRemarks(on:excluding:limit:)``. The folder is written beside the target and then renamed. A crash of the
    /// process may leave a folder `.<target>.<random>.tmp`. The bytes are not synced to the disk, so a power cut may
    /// lose them.
    ///
    /// Other calls of the repository wait, except while large files are copied: the `git` program copies blobs over 8
    /// MiB, so that they are never in memory as a whole.
    ///
    /// - Parameters:
    ///   - folder: relative to the root; nil for the root itself.
    ///   - commit: the commit.
    ///   - excluded: paths relative to the folder that are left out with everything below them.
    ///   - limit: the maximum total size of all files in bytes. Default: 2 GiB.
    ///   - target: the folder to create, with missing folders above it. If it exists, nothing is done.
    /// - Throws: ``GitError/folderMissing(_:commit:)`` if the commit does not have the folder;
    ///   ``GitError/entryRefused(path:reason:)`` for a name that would lead out of the folder;
    ///   ``GitError/exportTooLarge(path:limit:)`` and ``GitError/treeTooLarge(path:limit:)`` for too much content;
    ///   ``GitError/system(_:)``, for example if the disk is full.
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
            try export.writeTree(tree, into: draftFolder, at: "")
            for blob in export.large {
                try await blob.copy(from: handle.ownFolder)
            }
            try onDisk { () throws(PlatformError) in try OpenFolder.rename(draft, to: place.path) }
        } catch {
            try? manager.removeItem(atPath: draft)
            // Another task may have exported the same folder first.
            guard manager.fileExists(atPath: place.path) else { throw error }
        }
    }
}

/// A blob that the `git` program copies to its file: libgit2 reads an object as a whole, `git cat-file` streams it.
struct LargeBlob: Sendable {
    /// The maximum size of a blob that libgit2 reads, in bytes.
    static let limit = 8 << 20
    /// The number of bytes to read at a time when checking the file.
    private static let pieceSize = 1 << 20
    /// The time limit for one blob.
    private static let timeout = Duration.seconds(600)

    let id: ObjectID
    /// The path relative to the exported folder.
    let path: String
    let size: Int
    /// The empty target file.
    let file: NewFile

    /// Copies the blob and checks the hash of the bytes.
    ///
    /// - Parameter repository: the folder of the repository.
    func copy(from repository: String) async throws(GitError) {
        var variables = GitEnvironment.own(["PATH", "HOME", "XDG_CONFIG_HOME", "LD_LIBRARY_PATH"])
        variables.merge(["LC_ALL": "C", "GIT_DIR": repository, "GIT_NO_LAZY_FETCH": "1"]) { $1 }
        let program = ChildProgram(name: "git", environment: variables, folder: repository)
        let ended: ChildProgram.Ended
        do throws(ChildFailure) {
            ended = try await program.run(
                ["cat-file", "blob", id.description],
                to: file.descriptor,
                deadline: Self.timeout
            )
        } catch {
            throw .exportFailed(path: path, reason: error.description)
        }
        guard ended.code == 0 else {
            throw .exportFailed(path: path, reason: Scrubber([]).scrub(ended.complaint))
        }
        try checkContent()
    }

    private func checkContent() throws(GitError) {
        var hash = Insecure.SHA1()
        hash.update(data: Data("blob \(size)\0".utf8))
        var count = 0
        while count <= size {
            let piece = try onDisk { () throws(PlatformError) in try file.bytes(from: count, most: Self.pieceSize) }
            guard !piece.isEmpty else { break }
            hash.update(data: piece)
            count += piece.count
        }
        guard ObjectID(Array(hash.finalize())) == id else { throw .otherContent(id, path: path) }
    }
}
