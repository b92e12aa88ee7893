import Glibc

/// The room on the disk of a folder.
public struct DiskSpace: Sendable, Equatable {
    /// The bytes that this user may still write.
    public let free: Int
    /// The size of the file system in bytes.
    public let total: Int

    /// Measures the disk of a folder; nil if it can't be measured.
    public init?(of path: String) {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        free = Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        total = Int(clamping: UInt64(status.f_blocks) * UInt64(status.f_frsize))
    }

    /// Below so many free bytes the service warns: 5 % of the disk, at most 1 GiB, and at least what a full disk has left.
    public var threshold: Int { max(min(total / 20, 1 << 30), rest) }

    /// The last room, which belongs to the records: 64 MiB, at most 1/16 of the disk.
    private var rest: Int { min(64 << 20, total / 16) }

    /// Whether less than the ``threshold`` is free.
    public var isLow: Bool { free < threshold }

    /// Whether only the last room is left. Supervisors write no more logs then, and no run starts.
    public var isFull: Bool { free < rest }
}

/// Room on a disk that is kept for when it is full: a file that is given up then.
public final class SpaceReserve: Sendable {
    private let folder: String
    private var path: String { "\(folder)/reserve" }

    /// - Parameter folder: gets the file `reserve`.
    public init(in folder: String) {
        self.folder = folder
    }

    /// The size of the file on a disk: 16 MiB, at most 1/32 of the disk.
    private static func size(on disk: DiskSpace) -> Int { min(16 << 20, disk.total / 32) }

    /// Makes the file, if it is missing and there is room for eight of them. A file system without
    /// [posix_fallocate](https://man7.org/linux/man-pages/man3/posix_fallocate.3.html) gets none.
    public func make() {
        guard let disk = DiskSpace(of: folder) else { return }
        let size = Self.size(on: disk)
        var status = stat()
        if unsafe stat(path, &status) == 0, Int(status.st_size) >= size { return }
        guard disk.free > 8 * size else { return }
        let file = unsafe open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        if posix_fallocate(file, 0, size) != 0 {
            unsafe unlink(path)
        }
    }

    /// Gives up the file.
    ///
    /// - Returns: whether there was one.
    public func release() -> Bool {
        unsafe unlink(path) == 0
    }
}
