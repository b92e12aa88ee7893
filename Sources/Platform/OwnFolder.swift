import Glibc
public import SystemPackage

/// Folders of the service's own, with modes that do not depend on the umask.
public enum OwnFolder {
    /// For the service's user alone.
    public static let closed: FilePermissions = [.ownerReadWriteExecute]
    /// Others may pass through to a name that they know, and neither list nor write it.
    public static let passable: FilePermissions = [.ownerReadWriteExecute, .groupExecute, .otherExecute]

    /// Makes a folder, and those above it that are missing. One that is there keeps its mode.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - mode: of each folder that is made.
    public static func make(_ path: String, mode: FilePermissions = passable) throws(PlatformError) {
        try make(FilePath(path), mode)
    }

    private static func make(_ path: FilePath, _ mode: FilePermissions) throws(PlatformError) {
        if unsafe mkdir(path.string, mode.rawValue) == 0 { return try set(mode, of: path.string) }
        switch errno {
        case ENOENT where path.components.count > 1:
            try make(path.removingLastComponent(), mode)
            try make(path, mode)
        case EEXIST where unsafe access(path.appending(".").string, F_OK) == 0: return
        default: throw .last("mkdir", path: path.string)
        }
    }

    /// Keeps other users from writing what this process and its children make from now on.
    public static func keepOthersFromWriting() {
        umask(umask(0o077) | 0o022)
    }

    /// Sets the mode of a file or folder, where it is another.
    public static func set(_ mode: FilePermissions, of path: String) throws(PlatformError) {
        guard try FileOwnership(of: path).mode != mode else { return }
        guard unsafe chmod(path, mode.rawValue) == 0 else { throw .last("chmod", path: path) }
    }
}

/// Whose a file or folder is, and who may write it.
public struct FileOwnership: Sendable {
    /// The owner's number.
    public let user: UInt32
    /// The permission bits, the sticky bit among them.
    public let mode: FilePermissions
    /// How many names the file has.
    public let names: UInt64
    /// Whether it is a folder.
    public let isFolder: Bool

    /// Reads it; a symbolic link is followed where that is asked for.
    public init(of path: String, followsLinks: Bool = true) throws(PlatformError) {
        var status = stat()
        let result = followsLinks ? unsafe stat(path, &status) : unsafe lstat(path, &status)
        guard result == 0 else { throw .last("stat", path: path) }
        user = status.st_uid
        mode = FilePermissions(rawValue: status.st_mode & 0o7777)
        names = UInt64(status.st_nlink)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
    }

    /// The user that the process acts as.
    public static var ownUser: UInt32 { geteuid() }

    /// Whether the process's own user has it.
    public var isOwn: Bool { user == Self.ownUser }

    /// Whether somebody else may write it.
    public var isWritableByOthers: Bool { !mode.isDisjoint(with: [.groupWrite, .otherWrite]) }

    /// Whether anybody may rename what another user has in this folder.
    public var isOpenToAll: Bool { mode.contains(.otherWrite) && !mode.contains(.saveText) }
}
