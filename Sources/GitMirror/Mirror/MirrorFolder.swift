import Foundation
import Glibc
import Platform

/// The files of a mirror.
///
///     <folder>/mirror.git/               the bare repository, complete or absent
///     <folder>/mirror.git/tfjob-admin    the address and branch of the mirror
///     <folder>/new.git/                  a new repository that is not complete yet
///     <folder>/home/                     an empty home folder for git
///     <folder>/<activity>.process        the running git process
struct MirrorFolder: Sendable {
    let path: String

    /// The kinds of work. Each has one git process at a time.
    enum Activity: String, CaseIterable {
        case fetch
        case maintenance
    }

    var repository: String { "\(path)/mirror.git" }
    /// The new repository that will replace the other.
    var replacement: String { "\(path)/new.git" }
    var home: String { "\(path)/home" }

    /// Creates the folders and kills the git processes that a dead service has left.
    func prepare() throws(MirrorError) {
        try onDisk {
            try FileManager.default.createDirectory(
                atPath: home,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        for activity in Activity.allCases {
            let file = processFile(activity)
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            if let process = try? JSONDecoder().decode(ProcessIdentity.self, from: data) {
                process.signal(SIGKILL, group: true)
            }
            unlinkIfThere(file)
        }
    }

    /// Records a running process, so that the next service can kill it if this one dies.
    func recordProcess(_ process: ProcessIdentity, of activity: Activity) {
        guard let data = try? JSONEncoder().encode(process) else { return }
        try? DurableFile.writeUnsynced(Array(data), to: processFile(activity))
    }

    /// Removes the record of a process that has ended.
    func removeProcessRecord(of activity: Activity) {
        unlinkIfThere(processFile(activity))
    }

    private func processFile(_ activity: Activity) -> String { "\(path)/\(activity.rawValue).process" }

    /// What a repository is a mirror of; nil if that is not recorded or there is no repository.
    func origin(of repository: String) -> String? {
        FileManager.default.contents(atPath: "\(repository)/tfjob-admin").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Records what a repository is a mirror of, which marks it as complete.
    func setOrigin(_ origin: String, of repository: String) throws(MirrorError) {
        do throws(PlatformError) {
            try DurableFile.write(Array(origin.utf8), to: "\(repository)/tfjob-admin")
        } catch {
            throw .folder(path: repository, reason: error.description)
        }
    }

    /// Replaces the repository by the new one. Readers of the old one can continue.
    func putReplacementInPlace() throws(MirrorError) {
        let old = "\(path)/old.git"
        try onDisk {
            try removeIfThere(old)
            if FileManager.default.fileExists(atPath: repository) {
                try FileManager.default.moveItem(atPath: repository, toPath: old)
            }
            // If the service is killed here, its next fetch creates a new mirror.
            try FileManager.default.moveItem(atPath: replacement, toPath: repository)
            try removeIfThere(old)
        }
    }

    func removeReplacement() throws(MirrorError) {
        try onDisk { try removeIfThere(replacement) }
    }

    private func removeIfThere(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    private func unlinkIfThere(_ path: String) {
        unsafe unlink(path)
    }

    private func onDisk(_ body: () throws -> Void) throws(MirrorError) {
        do {
            try body()
        } catch {
            throw .folder(path: path, reason: error.localizedDescription)
        }
    }
}

/// Removes the files that a killed git process leaves in a repository. No other git process may be running there.
struct LeftOvers {
    let repository: String

    /// Removes locks, which block writing their references.
    func removeLocks() {
        for name in ["HEAD.lock", "config.lock", "packed-refs.lock", "packed-refs.new", "shallow.lock"] {
            remove("\(repository)/\(name)")
        }
        let references = "\(repository)/refs"
        for case let name as String in FileManager.default.enumerator(atPath: references) ?? .init()
        where name.hasSuffix(".lock") {
            remove("\(references)/\(name)")
        }
    }

    /// Removes incomplete packs and objects, and the `.keep` files that protect a pack until its references are
    /// written.
    func removeTemporaryFiles() {
        let packs = "\(repository)/objects/pack"
        for name in names(in: packs) {
            let isTemporary = name.hasPrefix("tmp_") || name.hasPrefix(".tmp-")
            if isTemporary || name.hasSuffix(".keep") {
                remove("\(packs)/\(name)")
            }
        }
        for folder in names(in: "\(repository)/objects") where folder.count == 2 || folder.hasPrefix("tmp_") {
            guard folder.count == 2 else {
                remove("\(repository)/objects/\(folder)")
                continue
            }
            for name in names(in: "\(repository)/objects/\(folder)") where name.hasPrefix("tmp_") {
                remove("\(repository)/objects/\(folder)/\(name)")
            }
        }
    }

    private func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
