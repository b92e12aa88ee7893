/// What stands behind an absolute folder on a cluster, and all folders below it.
public struct VolumeRule: Sendable, Equatable {
    /// Where the data is.
    public enum Source: Sendable, Equatable {
        /// A folder of the node: for shared file systems that every node has mounted.
        case hostPath(String)
        /// A PersistentVolumeClaim of the job's namespace; a template with `{partition}`, `{cluster}` and `{id}`.
        case claim(String)
        /// A folder of the pod's own, gone with it.
        case emptyFolder
    }

    /// Absolute, without a slash at the end: where jobs see it.
    public var path: String
    /// What is there.
    public var source: Source
    /// Default: false.
    public var isReadOnly: Bool

    /// A volume at a path.
    public init(path: String, source: Source, isReadOnly: Bool = false) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.source = source
        self.isReadOnly = isReadOnly
    }

    /// The part of a folder's path below this volume; empty for the volume itself, nil where the folder is elsewhere.
    func remainder(of folder: String) -> String? {
        if path == "/" { return String(folder.drop { $0 == "/" }) }
        guard folder == path || folder.hasPrefix("\(path)/") else { return nil }
        return String(folder.dropFirst(path.count).drop { $0 == "/" })
    }
}
