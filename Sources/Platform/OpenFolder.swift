import Glibc

/// A folder that is open for making things in it, by names that are bytes: what a tree of git calls a file need not be UTF-8.
///
/// Nothing that is there already is written to, and no symbolic link is followed.
package struct OpenFolder: ~Copyable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Makes a folder, 0755, and opens it.
    ///
    /// - Throws: ``PlatformError``; `EEXIST` where the name is taken.
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
        // The process's umask does not count: what runs the files may be another user.
        fchmod(descriptor, 0o755)
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Makes a folder in this one.
    package func makeFolder(_ name: some Collection<UInt8>) throws(PlatformError) -> OpenFolder {
        let path = describe(name)
        return OpenFolder(descriptor: try Self.make(name, in: descriptor, path: path), path: path)
    }

    /// Makes an empty file, 0644 or 0755, and opens it.
    package func makeFile(_ name: some Collection<UInt8>, isExecutable: Bool) throws(PlatformError) -> NewFile {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(descriptor, Self.cString(name), flags, 0o600)
        guard file >= 0 else { throw .last("openat", path: describe(name)) }
        let made = NewFile(descriptor: file, path: describe(name))
        guard fchmod(file, isExecutable ? 0o755 : 0o644) == 0 else { throw .last("fchmod", path: describe(name)) }
        return made
    }

    /// Makes a symbolic link.
    package func makeLink(_ name: some Collection<UInt8>, to target: [UInt8]) throws(PlatformError) {
        guard unsafe symlinkat(Self.cString(target), descriptor, Self.cString(name)) == 0 else {
            throw .last("symlinkat", path: describe(name))
        }
    }

    /// Gives a folder its name, which has to be free, or an empty folder's.
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

/// A file that was just made, open for writing.
package final class NewFile: Sendable {
    /// Open for reading and writing, as long as the file is in use.
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

    /// The bytes from an offset on, at most so many; empty at the end.
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
