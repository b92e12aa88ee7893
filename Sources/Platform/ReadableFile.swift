import Glibc
import SystemPackage

/// A regular file that is open for reading.
package final class ReadableFile: Sendable {
    private let descriptor: Int32
    private let path: String
    /// Identifies the file within its file system, even when another file gets its name.
    package let inode: UInt64
    /// How many names the file had when it was opened. More than one: it has hard links.
    package let names: Int

    /// Opens a file below a folder without following symbolic links, so that the path can't lead out of the folder.
    ///
    /// - Parameters:
    ///   - folder: the folder. Links in its own path are followed.
    ///   - names: the folders below it, then the file. A name must not be empty, `.` or `..`, or contain a slash.
    /// - Throws: ``PlatformError``: `ENOENT` for an absent file, `ELOOP` or `ENOTDIR` for a link in the path,
    ///   `EINVAL` for a file that is not regular.
    package init(below folder: String, _ names: [String]) throws(PlatformError) {
        path = ([folder] + names).joined(separator: "/")
        guard !names.isEmpty, names.allSatisfy(Self.isName) else {
            throw .system(.invalidArgument, call: "openat", path: path)
        }
        var current = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard current >= 0 else { throw .last("open", path: folder) }
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            // Opening a pipe without a writer would wait.
            let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isLast ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY)
            let next = unsafe openat(current, name, flags)
            let error = PlatformError.last("openat", path: path)
            close(current)
            guard next >= 0 else { throw error }
            current = next
        }
        descriptor = current
        var status = stat()
        guard unsafe fstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(current)
            throw .system(.invalidArgument, call: "fstat", path: path)
        }
        inode = UInt64(status.st_ino)
        self.names = Int(status.st_nlink)
    }

    deinit {
        close(descriptor)
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.allSatisfy { $0 != 0 && $0 != UInt8(ascii: "/") }
    }

    /// The current length in bytes.
    package var size: Int {
        get throws(PlatformError) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw .last("fstat", path: path) }
            return Int(status.st_size)
        }
    }

    /// Reads a part of the file.
    ///
    /// - Parameters:
    ///   - offset: the offset of the first byte.
    ///   - count: the maximum number of bytes.
    /// - Returns: the bytes; empty at the end of the file.
    package func readBytes(at offset: Int, upTo count: Int) throws(PlatformError) -> [UInt8] {
        guard count > 0 else { return [] }
        var result = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            repeat {
                result = unsafe pread(descriptor, buffer.baseAddress, count, off_t(offset))
            } while result < 0 && errno == EINTR
            initialized = max(result, 0)
        }
        guard result >= 0 else { throw .last("pread", path: path) }
        return bytes
    }

    /// A path to the open file, for a watch. It stays valid when the file is renamed.
    var descriptorPath: String { "/proc/self/fd/\(descriptor)" }
}
