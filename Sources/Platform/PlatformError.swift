import Glibc
public import SystemPackage

/// An error of the operating system.
public enum PlatformError: Error, Sendable, Equatable {
    /// A system call failed.
    ///
    /// - Parameters:
    ///   - call: the name of the call's manual page.
    ///   - path: the file or folder; empty if the call has none.
    case system(Errno, call: String, path: String)
    /// Another process holds the lock. The value is its line in the lock file; see ``FileLock``.
    case locked(by: String)
    /// A service answers at this socket.
    case socketInUse(path: String)
    /// A file that is no socket has the socket's path.
    case notSocket(path: String)
    /// The user has no inotify instance left (`fs.inotify.max_user_instances`).
    case watchersExhausted
    /// The user has no inotify watch left for this folder (`fs.inotify.max_user_watches`).
    case watchesExhausted(directory: String)
}

extension PlatformError {
    /// Whether this user lacks a right.
    public var isPermission: Bool {
        guard case .system(let code, _, _) = self else { return false }
        return code == .permissionDenied || code == .notPermitted
    }
}

extension PlatformError: CustomStringConvertible {
    /// A sentence for the operator that says what to do.
    public var description: String {
        switch self {
        case .system(let code, let call, let path):
            "\(path.isEmpty ? "" : "\(path): ")\(call): \(code)\(Self.advice(for: code))"
        case .locked(let holder):
            "held by another process, \(holder); stop that one first, or choose another folder"
        case .socketInUse(let path):
            "\(path) is in use: a service answers there; stop it, or choose another socket"
        case .notSocket(let path):
            "\(path) is there, and is no socket; remove it, or choose another path"
        case .watchersExhausted:
            "no inotify instance is left; raise the limit: sysctl fs.inotify.max_user_instances=1024"
        case .watchesExhausted(let directory):
            "\(directory) can't be watched; raise the limit: sysctl fs.inotify.max_user_watches=524288"
        }
    }

    private static func advice(for code: Errno) -> String {
        switch code {
        case .permissionDenied, .notPermitted: "; give this service's user access to it"
        case .noSpace, .diskQuotaExceeded: "; free room on that file system"
        case .readOnlyFileSystem: "; choose a folder on a writable file system"
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem: "; raise the limit of open files (ulimit -n)"
        default: ""
        }
    }
}

extension PlatformError {
    /// Whether the file or folder is absent, or a file has the place of a folder above it.
    package var isAbsence: Bool {
        switch self {
        case .system(.noSuchFileOrDirectory, _, _), .system(.notDirectory, _, _): true
        default: false
        }
    }

    /// The error of the last C call, from `errno`.
    static func last(_ call: String, path: String = "") -> PlatformError {
        .system(Errno(rawValue: errno), call: call, path: path)
    }

    /// The error of a failed call of swift-system.
    static func of(_ error: any Error, _ call: String, path: String) -> PlatformError {
        .system(error as? Errno ?? .ioError, call: call, path: path)
    }
}
