import CPlatform
import Glibc

/// A user of this machine, as whom programs can run.
public struct UserAccount: Hashable, Codable, Sendable {
    /// The login name.
    public let name: String
    /// The user's number.
    public let user: UInt32
    /// The number of the user's own group.
    public let group: UInt32
    /// The numbers of all groups of the user.
    public let groups: [UInt32]
    /// The home folder, which may be absent.
    public let home: String

    /// Finds a user in the machine's databases. Returns nil if there is none of this name.
    public init?(named name: String) {
        guard let entry = unsafe getpwnam(name) else { return nil }
        self.name = name
        user = unsafe entry.pointee.pw_uid
        group = unsafe entry.pointee.pw_gid
        home = unsafe String(cString: entry.pointee.pw_dir)
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        self.groups =
            unsafe getgrouplist(name, group, &groups, &count) < 0 ? [group] : Array(groups.prefix(Int(count)))
    }

    /// The login name of a user number; nil if the machine's databases have none.
    public static func name(ofUser number: UInt32) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        return unsafe withBuffer { start, count in
            guard unsafe getpwuid_r(number, &entry, start, count, &found) == 0, unsafe found != nil else { return nil }
            return unsafe String(cString: entry.pw_name)
        }
    }

    /// The names of a user's groups in the machine's databases. Groups without a name are left out.
    public static func groupNames(ofUser name: String, group: UInt32) -> [String] {
        var count: Int32 = 256
        var groups = [gid_t](repeating: 0, count: Int(count))
        let isWhole = unsafe getgrouplist(name, group, &groups, &count) >= 0
        return (isWhole ? Array(groups.prefix(Int(count))) : [group]).compactMap(groupName)
    }

    private static func groupName(_ number: UInt32) -> String? {
        var entry = unsafe Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        return unsafe withBuffer { start, count in
            guard unsafe getgrgid_r(number, &entry, start, count, &found) == 0, unsafe found != nil else { return nil }
            return unsafe String(cString: entry.gr_name)
        }
    }

    /// Calls a function with the room for the texts of an entry: a group may have thousands of members.
    private static func withBuffer(_ body: (UnsafeMutablePointer<CChar>, Int) -> String?) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256 * 1024) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            return unsafe body(start, buffer.count)
        }
    }

    /// Runs a function whose file operations have the rights of this user. New files and folders belong to the user.
    ///
    /// The function must stay on its thread. The process must be that of root.
    ///
    /// - Throws: ``PlatformError`` if the process may not act as the user, or the error of the function.
    public func perform<Result>(_ body: () throws -> Result) throws -> Result {
        guard unsafe tfjob_admin_act_as(user, group, groups, groups.count) == 0 else {
            throw PlatformError.last("setfsuid")
        }
        defer { tfjob_admin_act_as_self() }
        return try body()
    }

    /// Gives a file or folder to the user. A symbolic link is not followed.
    public func takeOwnership(of path: String) throws(PlatformError) {
        guard unsafe lchown(path, user, group) == 0 else { throw .last("chown", path: path) }
    }

    /// Whether the user can pass all folders above a file, and the folder itself.
    public func canReach(_ path: String) -> Bool {
        let isFolder = (try? FileOwnership(of: path).isFolder) ?? false
        return (try? perform { try FileOwnership(of: isFolder ? "\(path)/." : path) }) != nil
    }
}
