import Foundation

extension Repository {
    /// Writes a folder of a commit to disk: whole, or not at all.
    ///
    /// Files keep their executable bit and symbolic links stay links; submodules are left out.
    ///
    /// - Parameters:
    ///   - folder: relative to the root; nil for the root itself.
    ///   - commit: the commit.
    ///   - excluded: names that are left out at the top of the folder.
    ///   - target: the folder to make. Where it is there already, nothing is done.
    /// - Throws: ``GitError/folderMissing(_:commit:)``, and ``GitError/entryRefused(path:reason:)`` for an entry that would lead
    ///   outside the folder.
    public func export(
        folder: String?,
        at commit: ObjectID,
        excluding excluded: Set<String> = [],
        to target: String
    ) throws(GitError) {
        guard let tree = try handle.folder(folder, at: commit) else {
            throw .folderMissing(folder ?? "", commit: commit)
        }
        let manager = FileManager.default
        let draft = "\(target).\(UUID().uuidString)"
        do {
            try manager.createDirectory(atPath: draft, withIntermediateDirectories: true)
            try write(tree, to: URL(fileURLWithPath: draft), at: "", excluding: excluded)
            if !manager.fileExists(atPath: target) {
                try manager.moveItem(atPath: draft, toPath: target)
            }
        } catch let error as GitError {
            try? manager.removeItem(atPath: draft)
            throw error
        } catch {
            try? manager.removeItem(atPath: draft)
            throw .failed("\(target) can't be written", message: error.localizedDescription)
        }
    }

    private func write(_ tree: ObjectID, to url: URL, at path: String, excluding excluded: Set<String>) throws {
        for entry in try handle.entries(of: tree, at: path) where !excluded.contains(entry.name) {
            let entryPath = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            guard !["", ".", "..", ".git"].contains(entry.name.lowercased()), !entry.name.contains("/") else {
                throw GitError.entryRefused(path: entryPath, reason: "no file may have that name")
            }
            let target = url.appendingPathComponent(entry.name)
            switch TreeEntry.Kind(mode: entry.mode) {
            case nil:
                try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
                try write(entry.id, to: target, at: entryPath, excluding: [])
            case .submodule: continue
            case .symbolicLink: try writeLink(entry.id, to: target, at: entryPath)
            case .file: try writeFile(entry.id, to: target, permissions: 0o644)
            case .executable: try writeFile(entry.id, to: target, permissions: 0o755)
            }
        }
    }

    private func writeFile(_ id: ObjectID, to url: URL, permissions: Int) throws {
        let bytes = try blob(id, limit: .max)
        guard
            FileManager.default.createFile(
                atPath: url.path,
                contents: Data(bytes),
                attributes: [.posixPermissions: permissions]
            )
        else { throw CocoaError(.fileWriteUnknown) }
    }

    private func writeLink(_ id: ObjectID, to url: URL, at path: String) throws {
        let destination = String(decoding: try blob(id, limit: 4096), as: UTF8.self)
        var depth = path.split(separator: "/").count - 1
        for part in destination.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { break }
        }
        guard !destination.hasPrefix("/"), depth >= 0 else {
            throw GitError.entryRefused(
                path: path,
                reason: "the symbolic link leads outside the folder, to \(destination)"
            )
        }
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: destination)
    }
}
