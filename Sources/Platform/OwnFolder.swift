import Foundation
import Glibc
public import SystemPackage

/// Creates the service's folders with modes that do not depend on the umask.
public enum OwnFolder {
    /// Only the service's user has access.
    public static let closed: FilePermissions = [.ownerReadWriteExecute]
    /// Other users can open entries whose name they know, but can't list or write the folder.
    public static let passable: FilePermissions = [.ownerReadWriteExecute, .groupExecute, .otherExecute]

    /// Creates a folder and missing folders above it. An existing folder keeps its mode.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - mode: the mode of each new folder.
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

    /// Sets the umask so that other users can't write new files of this process and its children.
    public static func keepOthersFromWriting() {
        umask(umask(0o077) | 0o022)
    }

    /// Sets the mode of a file or folder, unless it has that mode already.
    public static func set(_ mode: FilePermissions, of path: String) throws(PlatformError) {
        guard try FileOwnership(of: path).mode != mode else { return }
        guard unsafe chmod(path, mode.rawValue) == 0 else { throw .last("chmod", path: path) }
    }
}

/// The owner and the mode of a file or folder.
public struct FileOwnership: Sendable {
    /// The owner's user number.
    public let user: UInt32
    /// The permission bits, with the sticky bit.
    public let mode: FilePermissions
    /// The number of hard links.
    public let names: UInt64
    /// Whether it is a folder.
    public let isFolder: Bool

    /// Reads the status of a file or folder.
    ///
    /// - Parameter followsLinks: whether a symbolic link at the path is followed. Default: true.
    public init(of path: String, followsLinks: Bool = true) throws(PlatformError) {
        var status = stat()
        let result = followsLinks ? unsafe stat(path, &status) : unsafe lstat(path, &status)
        guard result == 0 else { throw .last("stat", path: path) }
        user = status.st_uid
        mode = FilePermissions(rawValue: status.st_mode & 0o7777)
        names = UInt64(status.st_nlink)
        isFolder = status.st_mode & S_IFMT == S_IFDIR
    }

    /// The process's effective user number.
    public static var ownUser: UInt32 { geteuid() }

    /// Whether the process's user is the owner.
    public var isOwn: Bool { user == Self.ownUser }

    /// Whether the group or other users may write it.
    public var isWritableByOthers: Bool { !mode.isDisjoint(with: [.groupWrite, .otherWrite]) }

    /// Whether any user may rename other users' entries in this folder.
    public var isOpenToAll: Bool { mode.contains(.otherWrite) && !mode.contains(.saveText) }
}

extension String {
    /// The absolute path, for programs that run in folders of their own. A tilde at the beginning stands for the user's
    /// home.
    package var absolutePath: String {
        URL(fileURLWithPath: NSString(string: self).expandingTildeInPath).standardizedFileURL.path
    }
}
