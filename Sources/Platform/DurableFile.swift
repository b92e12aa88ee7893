import Glibc
public import SystemPackage

/// Replaces files as a whole: a reader sees the old bytes or the new bytes, never a part.
public enum DurableFile {
    /// Replaces a file and returns when the new bytes and the name are on the disk, so that they survive a power cut.
    ///
    /// - Parameters:
    ///   - bytes: the new content.
    ///   - path: the file. Its folder must exist. A symbolic link is replaced, not followed.
    ///   - mode: the permission bits; the process's umask applies.
    /// - Throws: ``PlatformError/system(_:call:path:)``. The old file stays as it was, and no temporary file remains.
    public static func write(_ bytes: [UInt8], to path: String, mode: FilePermissions = .ownerReadWrite)
        throws(PlatformError)
    {
        try replace(path, with: bytes, mode: mode, isSynced: true)
    }

    /// Replaces a file like ``write(_:to:mode:)``, but does not wait until the bytes are on the disk.
    ///
    /// A crash of the process loses nothing. A power cut may lose the new bytes.
    public static func writeUnsynced(_ bytes: [UInt8], to path: String, mode: FilePermissions = .ownerReadWrite)
        throws(PlatformError)
    {
        try replace(path, with: bytes, mode: mode, isSynced: false)
    }

    private static func replace(
        _ path: String,
        with bytes: [UInt8],
        mode: FilePermissions,
        isSynced: Bool
    ) throws(PlatformError) {
        let target = FilePath(path)
        guard let name = target.lastComponent else { throw .system(.isDirectory, call: "rename", path: path) }
        let folder = target.removingLastComponent()
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        guard let temporaryName = FilePath.Component(".\(name).\(random).tmp") else {
            throw .system(.invalidArgument, call: "open", path: path)
        }
        let temporary = folder.appending(temporaryName)
        do throws(PlatformError) {
            try fill(temporary, with: bytes, mode: mode, isSynced: isSynced)
            guard unsafe rename(temporary.string, target.string) == 0 else { throw .last("rename", path: path) }
        } catch {
            unsafe unlink(temporary.string)
            throw error
        }
        if isSynced {
            try sync(folder.isEmpty ? "." : folder)
        }
    }

    private static func fill(
        _ path: FilePath,
        with bytes: [UInt8],
        mode: FilePermissions,
        isSynced: Bool
    ) throws(PlatformError) {
        do {
            let file = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: mode
            )
            try file.closeAfter {
                try file.writeAll(bytes)
                if isSynced, fsync(file.rawValue) != 0 { throw PlatformError.last("fsync", path: path.string) }
            }
        } catch let error as PlatformError {
            throw error
        } catch {
            throw .of(error, "write", path: path.string)
        }
    }

    /// Writes the folder to the disk, since a rename changes the folder.
    private static func sync(_ folder: FilePath) throws(PlatformError) {
        do {
            let file = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
            try file.closeAfter {
                guard fsync(file.rawValue) == 0 else { throw PlatformError.last("fsync", path: folder.string) }
            }
        } catch let error as PlatformError {
            throw error
        } catch {
            throw .of(error, "open", path: folder.string)
        }
    }
}
