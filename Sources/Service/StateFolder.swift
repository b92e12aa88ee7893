import Crypto
import Formats
import Foundation
import Jobs
import Platform
import Reconciler
import SystemPackage

/// The folder with the journal, the runs and the exported code.
///
/// A user who can write to this folder controls what the service runs, and the journal contains passwords. So the
/// service must own the folder, and no other user may write to it.
enum StateFolder {
    /// The folders in it with their modes. The processes of jobs can pass through some of them to known names.
    private static let contents: [(name: String, mode: FilePermissions)] = [
        ("code", OwnFolder.passable), ("local", OwnFolder.passable), ("local/runs", OwnFolder.passable),
        ("local/runtimes", OwnFolder.passable), ("local/notices", OwnFolder.passable), ("mirror", OwnFolder.closed),
    ]

    /// Creates the folder, or checks an existing one and corrects the modes in it.
    ///
    /// - Throws: ``StartError`` if the folder belongs to another user, or others may write to it.
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

    /// Describes why the folder can't be used. Returns nil if it can.
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

    /// The folder of earlier versions, relative to the working directory.
    private static let formerDefault = "./tfjob-admin-state"

    /// The default in the help text, see ``default(_:isRoot:isThere:)``.
    static let defaultHelp =
        "$STATE_DIRECTORY, else $XDG_STATE_HOME/tfjob-admin, else \(systemDefault) for root and ~\(homeDefault) for others"

    /// The default for root.
    static let systemDefault = "/var/lib/tfjob-admin"
    /// The default for other users, below their home.
    private static let homeDefault = "/.local/state/tfjob-admin"

    /// Selects the folder if nothing is configured.
    ///
    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - isRoot: whether the user is root.
    ///   - isThere: whether a folder exists.
    /// - Returns: the folder, and a warning if it should be moved.
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

    /// Selects the folder as in
    /// <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=> and
    /// <https://specifications.freedesktop.org/basedir-spec/latest/>. Relative paths are ignored.
    private static func chosen(_ environment: [String: String], isRoot: Bool) -> String {
        let directory = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        if let directory, directory.hasPrefix("/") { return directory }
        if let home = environment["XDG_STATE_HOME"], home.hasPrefix("/") { return "\(home)/tfjob-admin" }
        if !isRoot, let home = environment["HOME"], home.hasPrefix("/") { return home + homeDefault }
        return systemDefault
    }
}

/// The name that identifies the objects of this service on a shared cluster.
enum Installation {
    /// Returns the configured name, else the one in the state folder, else a name that is derived from the repository.
    /// So the name is the same if the state folder is lost.
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
        // The same path is another repository on another machine.
        let place: String
        switch settings.repository {
        case .local: place = "\(ProcessInfo.processInfo.hostName) \(settings.repository)"
        case .remote: place = settings.repository.description
        }
        let digest = SHA256.hash(data: Data("\(place) \(settings.branch)".utf8))
        return digest.prefix(6).hexadecimal
    }
}
