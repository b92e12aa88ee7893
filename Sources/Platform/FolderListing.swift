import Glibc

/// Lists folders without following symbolic links, so that a listing can't lead out of a folder.
package enum FolderListing {
    /// A file or folder in a folder.
    package struct Entry: Sendable {
        /// What an entry is.
        package enum Kind: Sendable {
            case file, folder
            /// A symbolic link, a socket, a pipe, or a device.
            case other
        }

        package let name: String
        package let kind: Kind
        /// Identifies the file within its file system.
        package let inode: UInt64
        /// When the content last changed, in seconds since 1970.
        package let modified: Double
    }

    /// Lists a folder in no order, without names that are not UTF-8.
    ///
    /// - Parameters:
    ///   - folder: the folder. Links in its own path are followed.
    ///   - names: the folders below it that lead to the listed one. Empty: the folder itself.
    ///   - most: the most entries that are listed.
    /// - Throws: ``PlatformError``: `ENOENT` for an absent folder, `ELOOP` or `ENOTDIR` for a link below the folder.
    package static func entries(below folder: String, _ names: [String], atMost most: Int) throws(PlatformError)
        -> [Entry]
    {
        let path = ([folder] + names).joined(separator: "/")
        var descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path: path) }
        for name in names {
            let next = unsafe openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let error = PlatformError.last("openat", path: path)
            close(descriptor)
            guard next >= 0 else { throw error }
            descriptor = next
        }
        // The stream owns the descriptor.
        guard let stream = unsafe fdopendir(descriptor) else {
            let error = PlatformError.last("fdopendir", path: path)
            close(descriptor)
            throw error
        }
        defer { unsafe closedir(stream) }
        var entries: [Entry] = []
        while entries.count < most, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name != ".", name != ".." else { continue }
            var status = stat()
            // An entry may be gone by now.
            guard unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            let kind: Entry.Kind =
                switch status.st_mode & S_IFMT {
                case S_IFREG: .file
                case S_IFDIR: .folder
                default: .other
                }
            let modified = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
            entries.append(Entry(name: name, kind: kind, inode: UInt64(status.st_ino), modified: modified))
        }
        return entries
    }
}
