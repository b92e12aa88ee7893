import Foundation
import Git
import Jobs
import Platform

/// Exports the code of jobs from the repository: each tree once, shared by all runs that use it.
///
///     trees/<tree id>                    a folder of the repository
///     trees/<tree id>-without-clusters   a whole tree without the job files
///     <commit>/all, <commit>/folder-<f>  links to these, which stay when the commit itself is gone
///
/// Earlier versions exported to the places of the links; such a folder is used as it is.
actor CodeStore {
    private struct Checkout: Hashable {
        let commit: String
        /// Nil for the whole tree.
        let folder: String?

        init(_ job: Job, at commit: String) {
            self.commit = commit
            folder = job.workdir.flatMap(CodeStore.normalized)
        }
    }

    private let root: URL
    private let limit: Int
    private var inProgress: [String: Task<Void, any Error>] = [:]

    /// - Parameters:
    ///   - root: the folder to export to; created if absent.
    ///   - limit: the most bytes of one folder of code.
    init(root: URL, limit: Int) {
        (self.root, self.limit) = (root, limit)
    }

    /// Exports the working directory of a job, or returns the exported one.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - commit: the commit whose tree the run uses.
    ///   - repository: has the commit.
    /// - Returns: nil if the job names an absolute folder, or needs none.
    /// - Throws: ``GitError`` if the commit has no such folder or can't be read.
    func folder(for job: Job, at commit: ObjectID, in repository: Repository) async throws -> String? {
        guard job.usesRepositoryCode else { return nil }
        let checkout = Checkout(job, at: commit.description)
        if let known = existing(checkout) {
            markUse(of: commit.description)
            return known
        }
        let tree = try await repository.treeID(of: checkout.folder, at: commit)
        let target = root.appendingPathComponent("trees")
            .appendingPathComponent("\(tree)\(checkout.folder == nil ? "-without-clusters" : "")")
        try await export(checkout, at: commit, in: repository, to: target)
        try link(checkout, to: target)
        return target.path
    }

    /// Removes the code that no run needs.
    ///
    /// - Parameters:
    ///   - commits: the commits whose code stays.
    ///   - time: code that was used within this time stays too: its run may be about to be recorded. Default: 1 min.
    /// - Returns: how many folders of code were removed.
    func removeUnused(except commits: Set<String>, unusedFor time: Duration = .seconds(60)) async throws -> Int {
        let manager = FileManager.default
        let end = Date().addingTimeInterval(-(time / .seconds(1)))
        func isOld(_ url: URL) -> Bool {
            let attributes = try? manager.attributesOfItem(atPath: url.path)
            return (attributes?[.modificationDate] as? Date).map { $0 <= end } ?? false
        }
        func names(_ url: URL) -> [String] { (try? manager.contentsOfDirectory(atPath: url.path)) ?? [] }
        let trees = root.appendingPathComponent("trees")
        var used: Set<String> = []
        var count = 0
        for name in names(root) where name != "trees" {
            let place = root.appendingPathComponent(name)
            guard !commits.contains(name), isOld(place) else {
                used.formUnion(
                    names(place).map { place.appendingPathComponent($0).resolvingSymlinksInPath().lastPathComponent }
                )
                continue
            }
            // Earlier versions exported to this place. Only such a folder has code of its own.
            count += names(place).count { FileManager.default.isRealFolder(place.appendingPathComponent($0).path) }
            try await remove(place)
        }
        for name in names(trees)
        where !used.contains(name) && inProgress[trees.appendingPathComponent(name).path] == nil {
            let tree = trees.appendingPathComponent(name)
            guard isOld(tree) else { continue }
            try await remove(tree)
            count += 1
        }
        return count
    }

    /// Removes a folder. No run finds it from the first moment on, however long the removal takes.
    private func remove(_ folder: URL) async throws {
        let parent = folder.deletingLastPathComponent()
        let draft =
            folder.lastPathComponent.hasPrefix(".")
            ? folder : parent.appendingPathComponent(".removed-\(UUID().uuidString)")
        if draft != folder {
            try FileManager.default.moveItem(at: folder, to: draft)
        }
        try await Task.detached { try FileManager.default.removeItem(at: draft) }.value
    }

    /// Marks that the code of a commit is about to be used.
    private func markUse(of commit: String) {
        try? FileManager.default.setAttributes(
            [.modificationDate: Date()],
            ofItemAtPath: root.appendingPathComponent(commit).path
        )
    }

    /// The exported folder of a job, also if the repository has lost the commit; nil if it was not exported.
    func existingFolder(for job: Job, at commit: String) -> String? {
        guard job.usesRepositoryCode, let known = existing(Checkout(job, at: commit)) else { return nil }
        markUse(of: commit)
        return known
    }

    private func existing(_ checkout: Checkout) -> String? {
        let place = url(of: checkout)
        // This follows a link: without its tree, nothing exists there.
        guard FileManager.default.fileExists(atPath: place.path) else { return nil }
        return place.resolvingSymlinksInPath().path
    }

    private func export(_ checkout: Checkout, at commit: ObjectID, in repository: Repository, to target: URL)
        async throws
    {
        if FileManager.default.fileExists(atPath: target.path) { return }
        if let task = inProgress[target.path] { return try await task.value }
        let task = Task {
            try OwnFolder.make(target.deletingLastPathComponent().path)
            try await repository.export(
                folder: checkout.folder,
                at: commit,
                excluding: checkout.folder == nil ? [JobPath.root] : [],
                limit: limit,
                to: target.path
            )
        }
        inProgress[target.path] = task
        defer { inProgress[target.path] = nil }
        try await task.value
    }

    private func link(_ checkout: Checkout, to target: URL) throws {
        let place = url(of: checkout)
        let manager = FileManager.default
        try OwnFolder.make(place.deletingLastPathComponent().path)
        // A link to a tree that was removed.
        try? manager.removeItem(at: place)
        try manager.createSymbolicLink(
            atPath: place.path,
            withDestinationPath: "../trees/\(target.lastPathComponent)"
        )
    }

    /// `./code//mnist/` is `code/mnist`, and `.` is the whole tree.
    private static func normalized(_ folder: String) -> String? {
        let parts = folder.split(separator: "/").filter { $0 != "." }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// One folder may lie in another, so each gets a name without slashes.
    private func url(of checkout: Checkout) -> URL {
        let name = checkout.folder.map { folder in
            "folder-" + folder.replacing("%", with: "%25").replacing("/", with: "%2F")
        }
        return root.appendingPathComponent(checkout.commit).appendingPathComponent(name ?? "all")
    }
}

extension FileManager {
    /// Whether a path is a folder and no link to one.
    fileprivate func isRealFolder(_ path: String) -> Bool {
        let type = try? attributesOfItem(atPath: path)[.type] as? FileAttributeType
        return type == .typeDirectory
    }
}
