public import SystemPackage

/// Why the system refused.
public enum PlatformError: Error, Sendable, Equatable {
    /// A call failed.
    case system(Errno, call: String, path: String)
    /// A lock is held; by whom, as the holder said.
    case locked(by: String)
}

extension PlatformError: CustomStringConvertible {
    /// A sentence for the operator.
    public var description: String {
        switch self {
        case .system(.noSpace, let call, let path) where call == "inotify_add_watch":
            "\(path) can't be watched: raise fs.inotify.max_user_watches with sysctl"
        case .system(.tooManyOpenFiles, let call, _) where call == "inotify_init1":
            "no more folders can be watched: raise fs.inotify.max_user_instances with sysctl"
        case .system(let code, let call, let path): "\(call) \(path): \(code)"
        case .locked(let holder): "held by \(holder)"
        }
    }
}
