import CPlatform
import Glibc

/// The file of a Unix socket that a service listens on, 0660: the service's user and group may connect, nobody else.
///
/// The socket is made in a folder that nobody else can enter, gets its permissions there, and only then its name. So it is never open
/// to more than it should be, and what a dead service left behind is replaced in one step.
/// See <https://man7.org/linux/man-pages/man7/unix.7.html>.
package struct SocketFile: Sendable {
    /// The longest path that a socket can have, in bytes.
    private static let longestPath = 107

    /// The name that clients use, absolute.
    package let path: String
    /// Where to bind the socket: it is not to be seen there.
    package let bindingPath: String
    private let folder: String

    /// Makes ready for a socket, where none is in use.
    ///
    /// - Parameter path: absolute, and one that ``isPossible(_:)``. Its folder has to be there.
    /// - Throws: ``PlatformError``: ``PlatformError/socketInUse(path:)`` where a service answers, ``PlatformError/notSocket(path:)`` where
    ///   something else is in the way.
    package init(preparing path: String) throws(PlatformError) {
        try Self.checkFree(path)
        var template = (Self.parent(of: path) + "/.XXXXXX").utf8CString
        let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard isMade else { throw .last("mkdtemp", path: path) }
        self.path = path
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        bindingPath = folder + "/s"
    }

    /// Whether a path is short enough: the kernel takes 107 bytes.
    package static func isPossible(_ path: String) -> Bool {
        path.utf8.count <= longestPath && parent(of: path).utf8.count + "/.XXXXXX/s".utf8.count <= longestPath
    }

    private static func parent(of path: String) -> Substring {
        path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    }

    private static func checkFree(_ path: String) throws(PlatformError) {
        guard let status = try status(of: path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notSocket(path: path) }
        switch unsafe tfjob_admin_connect_unix(path) {
        case ECONNREFUSED, ENOENT: return
        case 0, EAGAIN: throw .socketInUse(path: path)
        case let code:
            errno = code
            throw .last("connect", path: path)
        }
    }

    /// What is at a path, links not followed; nil where there is nothing.
    private static func status(of path: String) throws(PlatformError) -> stat? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .last("lstat", path: path) }
            return nil
        }
        return status
    }

    /// Gives the bound socket its permissions and its name, in place of one that nobody answers at.
    package func publish() throws(PlatformError) {
        guard unsafe chmod(bindingPath, 0o660) == 0 else { throw .last("chmod", path: bindingPath) }
        guard unsafe rename(bindingPath, path) == 0 else { throw .last("rename", path: path) }
        removeFolder()
    }

    /// Takes the name away, unless a newer service has it by now.
    package func remove() {
        removeFolder()
        guard let status = try? Self.status(of: path), status.st_mode & S_IFMT == S_IFSOCK,
            unsafe tfjob_admin_connect_unix(path) == ECONNREFUSED
        else { return }
        unsafe unlink(path)
    }

    private func removeFolder() {
        unsafe unlink(bindingPath)
        unsafe rmdir(folder)
    }
}
