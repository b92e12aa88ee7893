import Glibc

/// Second names of files.
package enum HardLink {
    /// Gives a file a second name, whatever had that name before; a folder is not replaced.
    ///
    /// - Returns: false where the file system can't do that, or the two names are on different ones: nothing has the second
    ///   name then.
    package static func replace(_ name: String, with file: String) throws(PlatformError) -> Bool {
        if unsafe unlink(name) != 0, errno != ENOENT {
            throw .last("unlink", path: name)
        }
        if unsafe link(file, name) == 0 { return true }
        switch errno {
        case EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS: return false
        default: throw .last("link", path: name)
        }
    }
}
