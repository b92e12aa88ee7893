import Foundation
public import SystemPackage

/// Files that are whole or absent, also after a crash or a power cut.
public enum DurableFile {
    /// Writes a file: to a temporary one in the same folder, to the disk, then over the name.
    ///
    /// - Parameters:
    ///   - bytes: what it shall hold.
    ///   - path: its name; what is there is replaced.
    ///   - mode: its permissions.
    /// - Throws: ``PlatformError`` and leaves what was there.
    public static func write(
        _ bytes: [UInt8],
        to path: String,
        mode: FilePermissions = .ownerReadWrite
    ) throws(PlatformError) {
        let draft = "\(path).\(getpid())-\(UUID().uuidString.prefix(8)).tmp"
        do {
            let file = try FileDescriptor.open(
                FilePath(draft),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: mode
            )
            try file.closeAfter {
                try file.writeAll(bytes)
                try check(fsync(file.rawValue))
            }
            try check(unsafe rename(draft, path))
            let folder = try FileDescriptor.open(
                FilePath(path).removingLastComponent(),
                .readOnly,
                options: [.directory, .closeOnExec]
            )
            try folder.closeAfter { try check(fsync(folder.rawValue)) }
        } catch {
            unsafe unlink(draft)
            throw .system(error as? Errno ?? .ioError, call: "write", path: path)
        }
    }

    private static func check(_ result: Int32) throws {
        guard result == 0 else { throw Errno(rawValue: errno) }
    }
}
