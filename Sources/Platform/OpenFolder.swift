import Glibc

/// An open folder in which to create entries. Names are bytes, since a name in a git tree need not be UTF-8.
///
/// It never writes to an existing entry and follows no symbolic link.
package struct OpenFolder: ~Copyable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Creates a folder with the mode 0755 and opens it.
    ///
    /// - Throws: ``PlatformError``; `EEXIST` if the name is taken.
    package init(making path: String) throws(PlatformError) {
        self.init(descriptor: try Self.make(Array(path.utf8), in: AT_FDCWD, path: path), path: path)
    }

    private static func make(
        _ name: some Collection<UInt8>,
        in parent: Int32,
        path: String
    ) throws(PlatformError) -> Int32 {
        let name = cString(name)
        guard unsafe mkdirat(parent, name, 0o755) == 0 else { throw .last("mkdirat", path: path) }
        let descriptor = unsafe openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("openat", path: path) }
        // Without the umask: another user may run the files.
        fchmod(descriptor, 0o755)
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Creates a folder in this one.
    package func makeFolder(_ name: some Collection<UInt8>) throws(PlatformError) -> OpenFolder {
        let path = describe(name)
        return OpenFolder(descriptor: try Self.make(name, in: descriptor, path: path), path: path)
    }

    /// Creates an empty file with the mode 0644 or 0755 and opens it.
    package func makeFile(_ name: some Collection<UInt8>, isExecutable: Bool) throws(PlatformError) -> NewFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(descriptor, Self.cString(name), flags, 0o600)
        guard file >= 0 else { throw .last("openat", path: describe(name)) }
        let made = NewFile(descriptor: file, path: describe(name))
        guard fchmod(file, isExecutable ? 0o755 : 0o644) == 0 else { throw .last("fchmod", path: describe(name)) }
        return made
    }

    /// Creates a symbolic link.
    package func makeLink(_ name: some Collection<UInt8>, to target: [UInt8]) throws(PlatformError) {
        guard unsafe symlinkat(Self.cString(target), descriptor, Self.cString(name)) == 0 else {
            throw .last("symlinkat", path: describe(name))
        }
    }

    /// Renames a folder. The target must be absent or an empty folder.
    package static func rename(_ path: String, to target: String) throws(PlatformError) {
        guard unsafe Glibc.rename(path, target) == 0 else { throw .last("rename", path: target) }
    }

    private func describe(_ name: some Collection<UInt8>) -> String {
        "\(path)/\(String(decoding: name, as: UTF8.self))"
    }

    private static func cString(_ bytes: some Collection<UInt8>) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) } + [0]
    }
}

/// A new file, open for reading and writing.
package final class NewFile: Sendable {
    /// The file's descriptor; valid until the object is released.
    package let descriptor: Int32
    private let path: String

    fileprivate init(descriptor: Int32, path: String) {
        (self.descriptor, self.path) = (descriptor, path)
    }

    deinit {
        close(descriptor)
    }

    /// Appends bytes.
    package func write(_ bytes: ArraySlice<UInt8>) throws(PlatformError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { throw .last("write", path: path) }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    /// Reads at most `most` bytes from an offset. Returns none at the end.
    package func bytes(from offset: Int, most: Int) throws(PlatformError) -> [UInt8] {
        var count = -1
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            repeat {
                count = unsafe pread(descriptor, buffer.baseAddress, most, off_t(offset))
            } while count < 0 && errno == EINTR
            filled = max(count, 0)
        }
        guard count >= 0 else { throw .last("pread", path: path) }
        return bytes
    }
}

/// Creates second names of files.
package enum HardLink {
    /// Gives a file a second name and replaces a file of that name, but not a folder.
    ///
    /// - Returns: false if the file system has no hard links or the names are on different file systems. The second
    ///   name is absent then.
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
