import Crypto
import Foundation
import Platform
import Reconciler
import SystemPackage

/// The folder that holds the journal, the runs and the exported code.
///
/// Whoever may write it decides what the service runs, and the journal has passwords in it. So it has to be the service's own.
enum StateFolder {
    /// What is in it, and the modes: jobs' processes reach some of it by names that they know.
    private static let contents: [(name: String, mode: FilePermissions)] = [
        ("code", OwnFolder.passable), ("local", OwnFolder.passable), ("local/runs", OwnFolder.passable),
        ("local/runtimes", OwnFolder.passable), ("local/notices", OwnFolder.passable), ("mirror", OwnFolder.closed),
    ]

    /// Makes the folder, or checks the one that is there and corrects the modes in it.
    ///
    /// - Throws: ``StartError`` where it belongs to another user, or others may write it.
    static func prepare(_ path: String) throws(StartError) -> URL {
        let url = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
        do {
            try OwnFolder.make(url.path)
            if let fault = try fault(of: url.path) { throw StartError(fault) }
            try OwnFolder.set(OwnFolder.passable, of: url.path)
            for (name, mode) in contents {
                let inner = url.appendingPathComponent(name).path
                guard let owner = try? FileOwnership(of: inner, followsLinks: false) else { continue }
                guard owner.isFolder, owner.isOwn, !owner.mode.contains(.otherWrite) else {
                    throw StartError(refusal(inner, owner))
                }
                if owner.mode != mode { try OwnFolder.set(mode, of: inner) }
            }
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("the state folder \(url.path) can't be made: \(error)")
        }
        return url
    }

    /// Why the folder can't be used; nil where it can.
    private static func fault(of path: String) throws(PlatformError) -> String? {
        let owner = try FileOwnership(of: path)
        guard owner.isOwn, !owner.isWritableByOthers else { return refusal(path, owner) }
        var parent = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        while parent.path != "/" {
            parent.deleteLastPathComponent()
            guard try FileOwnership(of: parent.path).isOpenToAll else { continue }
            return """
                the state folder \(path) is not safe: every user may rename what is in \(parent.path); \
                run chmod o-w \(parent.path), or choose another folder with --state
                """
        }
        return nil
    }

    private static func refusal(_ path: String, _ owner: FileOwnership) -> String {
        guard owner.isFolder else { return "\(path) is no folder; remove it, or choose another folder with --state" }
        guard owner.isOwn else {
            return """
                the state folder \(path) belongs to user \(owner.user), and the service runs as user \(FileOwnership.ownUser); \
                give it to that user with chown, or choose another folder with --state
                """
        }
        return """
            the state folder \(path) can be written by other users, who could plant runs in it; \
            check what is in it and run chmod go-w \(path), or choose another folder with --state
            """
    }

    // MARK: - Where it is

    /// The folder of earlier versions, in the folder that the program is started in.
    private static let formerDefault = "./tfjob-admin-state"

    /// Where the state is kept when nothing is configured.
    ///
    /// - Parameters:
    ///   - environment: the process's variables.
    ///   - isRoot: whether it is started by root.
    ///   - isThere: tells whether a folder exists.
    /// - Returns: the folder, and a sentence where it should be moved.
    static func `default`(
        _ environment: [String: String],
        isRoot: Bool,
        isThere: (String) -> Bool
    ) -> (path: String, warning: String?) {
        let path = chosen(environment, isRoot: isRoot)
        guard isThere(formerDefault) else { return (path, nil) }
        return (
            formerDefault,
            """
            the state is in \(formerDefault), which depends on the folder that the service is started in; \
            move it to \(path), or name it with --state
            """
        )
    }

    /// <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=> and
    /// <https://specifications.freedesktop.org/basedir-spec/latest/>: a path that is not absolute is passed over.
    private static func chosen(_ environment: [String: String], isRoot: Bool) -> String {
        let directory = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        if let directory, directory.hasPrefix("/") { return directory }
        if let home = environment["XDG_STATE_HOME"], home.hasPrefix("/") { return "\(home)/tfjob-admin" }
        if !isRoot, let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.local/state/tfjob-admin" }
        return "/var/lib/tfjob-admin"
    }
}

/// The name by which this service knows its own objects on a cluster that others use too.
enum Installation {
    /// The configured name; else the one in the state folder; else one that follows from the repository, so that it is the same again
    /// where the state folder was lost.
    static func name(_ settings: Settings, in state: URL) throws(StartError) -> String {
        if let name = settings.installation { return name }
        let file = state.appendingPathComponent("installation")
        if let text = try? String(contentsOf: file, encoding: .utf8) {
            let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if !name.isEmpty { return name }
        }
        let name = derived(from: settings)
        do throws(PlatformError) {
            try DurableFile.write(Array("\(name)\n".utf8), to: file.path)
        } catch {
            throw StartError("\(file.path) can't be written: \(error)")
        }
        return name
    }

    private static func derived(from settings: Settings) -> String {
        // A path means another repository on another machine.
        let place: String
        switch settings.repository {
        case .local: place = "\(ProcessInfo.processInfo.hostName) \(settings.repository)"
        case .remote: place = settings.repository.description
        }
        let digest = SHA256.hash(data: Data("\(place) \(settings.branch)".utf8))
        return Hex.encode(digest.prefix(6))
    }
}
