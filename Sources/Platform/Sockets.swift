import CPlatform
import Glibc
import SystemPackage

/// The file of a Unix socket that a service listens on. Its mode is 0660: only the service's user and group may
/// connect.
///
/// The socket is created in a folder that no other user can enter, gets its mode there and is then renamed. So its mode
/// is right from the start, and the rename replaces the socket of a dead service in one step. See
/// <https://man7.org/linux/man-pages/man7/unix.7.html>.
package struct SocketFile: Sendable {
    /// The longest path that a socket can have, in bytes.
    private static let longestPath = 107

    /// The name that clients use, absolute.
    package let path: String
    /// Where to bind the socket; other users can't see it there.
    package let bindingPath: String
    private let folder: String

    /// Prepares a path for a socket.
    ///
    /// - Parameter path: an absolute path that ``isPossible(_:)``. Its folder must exist.
    /// - Throws: ``PlatformError/socketInUse(path:)`` if a service answers there, ``PlatformError/notSocket(path:)``
    ///   if another kind of file has the name.
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

    /// The status of the file at a path, without following links; nil if there is no file.
    private static func status(of path: String) throws(PlatformError) -> stat? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .last("lstat", path: path) }
            return nil
        }
        return status
    }

    /// Gives the bound socket its mode and its name, and replaces the socket of a dead service.
    package func publish() throws(PlatformError) {
        guard unsafe chmod(bindingPath, 0o660) == 0 else { throw .last("chmod", path: bindingPath) }
        guard unsafe rename(bindingPath, path) == 0 else { throw .last("rename", path: path) }
        removeFolder()
    }

    /// Removes the socket, unless a newer service listens on it.
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

/// A name that one process of this machine has at a time. The kernel releases it when the process ends.
///
/// It is an abstract Unix socket, so it needs no folder that all users may write to. Containers with a network of their own have
/// names of their own.
public final class MachineName: Sendable {
    /// The process that has a name.
    public struct Holder: Error, Sendable, Equatable {
        /// Its number; nil if unknown.
        public let pid: Int32?
    }

    private let file: FileDescriptor

    /// Claims a name.
    ///
    /// A process of another user than this one and root does not count: anybody could keep the service from starting.
    ///
    /// - Parameter name: at most 107 bytes.
    /// - Returns: nil if the claim is not possible, for example without Unix sockets.
    /// - Throws: ``Holder`` if another process has the name.
    public static func claim(_ name: String) throws(Holder) -> MachineName? {
        var (pid, user): (pid_t, uid_t) = (0, 0)
        let result = unsafe tfjob_admin_claim_name(name, &pid, &user)
        if result >= 0 {
            return MachineName(FileDescriptor(rawValue: result))
        }
        guard result == -EADDRINUSE, pid == 0 || user == 0 || user == geteuid() else { return nil }
        throw Holder(pid: pid > 0 ? pid : nil)
    }

    private init(_ file: FileDescriptor) {
        self.file = file
    }

    deinit {
        try? file.close()
    }
}

/// TCP ports for processes that talk to each other on this machine.
public enum LoopbackPort {
    /// Whether a server could listen on a port now. Another process may take the port right after.
    ///
    /// The port must be free on all IPv4 addresses, which TensorFlow's servers bind, and have no connection in
    /// TIME_WAIT.
    public static func isFree(_ port: UInt16) -> Bool {
        tfjob_admin_loopback_port_is_free(port)
    }
}
