import Foundation
import Glibc
import Platform

/// What a mirror has on the disk.
///
///     <folder>/mirror.git/               the bare repository, whole or absent
///     <folder>/mirror.git/tfjob-admin    what it is a mirror of
///     <folder>/new.git/                  one that is being made
///     <folder>/home/                     an empty home folder for git
///     <folder>/<activity>.process        the git that works on it now
struct MirrorFolder: Sendable {
    let path: String

    /// What a git works on: each has one process at a time.
    enum Activity: String, CaseIterable {
        case fetch
        case maintenance
    }

    var repository: String { "\(path)/mirror.git" }
    /// A repository that will be put in the place of the other.
    var replacement: String { "\(path)/new.git" }
    var home: String { "\(path)/home" }

    /// Makes the folders, and ends what a service that is gone has left running.
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

    /// Writes down which process works on it: should this service be killed, the next one ends that.
    func note(_ process: ProcessIdentity, _ activity: Activity) {
        guard let data = try? JSONEncoder().encode(process) else { return }
        try? DurableFile.writeUnsynced(Array(data), to: processFile(activity))
    }

    /// Nobody works on it any more.
    func forget(_ activity: Activity) {
        unlinkIfThere(processFile(activity))
    }

    private func processFile(_ activity: Activity) -> String { "\(path)/\(activity.rawValue).process" }

    /// What a repository is a mirror of; nil where that is not written down, or there is no repository.
    func origin(of repository: String) -> String? {
        FileManager.default.contents(atPath: "\(repository)/tfjob-admin").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes down what a repository is a mirror of: it is whole then.
    func setOrigin(_ origin: String, of repository: String) throws(MirrorError) {
        do throws(PlatformError) {
            try DurableFile.write(Array(origin.utf8), to: "\(repository)/tfjob-admin")
        } catch {
            throw .folder(path: repository, reason: error.description)
        }
    }

    /// Puts the replacement in the repository's place. Who has the old one open reads on in it.
    func swap() throws(MirrorError) {
        let old = "\(path)/old.git"
        try onDisk {
            try removeIfThere(old)
            if FileManager.default.fileExists(atPath: repository) {
                try FileManager.default.moveItem(atPath: repository, toPath: old)
            }
            // Killed here, the service makes a new mirror by its next fetch.
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
