import CGitMemory
import CLibGit2
import Foundation

extension RepositoryHandle {
    /// Copies an object's bytes.
    ///
    /// - Parameters:
    ///   - id: the object.
    ///   - type: the expected type.
    ///   - path: the object's path in the tree, for the error.
    func bytes(of id: ObjectID, _ type: git_object_t, at path: String?) throws(GitError) -> [UInt8] {
        try checkWhole(id, at: path)
        do throws(LibraryFailure) {
            return try Self.bytes(try object(id), as: type)
        } catch {
            throw unreadable(id, path, error)
        }
    }

    /// The error of a failed lookup. A partial clone has all commits, but not all their trees and blobs.
    func unreadable(_ id: ObjectID, _ path: String?, _ failure: LibraryFailure) -> GitError {
        if failure.isNotFound, let path, let promisor {
            return .objectNotFetched(id, path: path, remote: promisor)
        }
        return .unreadable(id, path: path, failure)
    }

    /// Reads a commit's bytes and checks their hash.
    func checkCommit(_ id: ObjectID) throws(GitError) {
        try id.check(.commit, try bytes(of: id, GIT_OBJECT_COMMIT, at: nil), at: nil)
    }

    /// Reads an object's type and bytes.
    func object(_ id: ObjectID, at path: String?) throws(GitError) -> (type: git_object_t, bytes: [UInt8]) {
        try checkWhole(id, at: path)
        do throws(LibraryFailure) {
            let object = try object(id)
            let type = unsafe object.use { unsafe git_odb_object_type($0) }
            return (type, try Self.bytes(object, as: type))
        } catch {
            throw unreadable(id, path, error)
        }
    }

    private func object(_ id: ObjectID) throws(LibraryFailure) -> Owned {
        var oid = id.raw
        return try unsafe useObjects { (objects: OpaquePointer) throws(LibraryFailure) in
            try unsafe Owned(freeing: { unsafe git_odb_object_free($0) }) { made in
                unsafe git_odb_read(&made, objects, &oid)
            }
        }
    }

    private static func bytes(_ object: borrowing Owned, as type: git_object_t) throws(LibraryFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(object, as: type, to: &bytes)
        return bytes
    }

    private static func append(
        _ object: borrowing Owned,
        as type: git_object_t,
        to bytes: inout [UInt8]
    ) throws(LibraryFailure) {
        try unsafe object.use { (object: OpaquePointer) throws(LibraryFailure) in
            guard unsafe git_odb_object_type(object) == type else { throw .otherKind }
            unsafe bytes.append(
                contentsOf: UnsafeRawBufferPointer(
                    start: git_odb_object_data(object),
                    count: git_odb_object_size(object)
                )
            )
        }
    }

    /// The minimum limit of one allocation by libgit2, in bytes: it needs that for its own tables.
    private static let leastMemory = 16 << 20

    /// Appends a copy of a blob's bytes, unless the blob is too large. The caller checks the hash.
    ///
    /// - Parameters:
    ///   - id: the blob.
    ///   - path: the blob's path in the tree, for the error.
    ///   - limit: the maximum number of bytes.
    ///   - folders: the first bytes of loose objects' names, see ``looseFolders()``.
    /// - Returns: the blob's size. If it is more than the limit, nothing was appended.
    func appendBlob(
        _ id: ObjectID,
        at path: String,
        limit: Int,
        among folders: Set<UInt8>? = nil,
        to bytes: inout [UInt8]
    ) throws(GitError) -> Int {
        if folders?.contains(id.byte(0)) ?? true {
            try checkWhole(id, at: path)
        }
        var wasRefused = false
        _ = tfjob_git_set_memory_limit(max(Self.leastMemory, limit))
        do throws(LibraryFailure) {
            defer { wasRefused = tfjob_git_set_memory_limit(0) }
            let object = try object(id)
            let size = unsafe object.use { unsafe git_odb_object_size($0) }
            if size <= limit {
                try Self.append(object, as: GIT_OBJECT_BLOB, to: &bytes)
            }
            return size
        } catch {
            guard wasRefused else { throw unreadable(id, path, error) }
        }
        let size = try blobSize(id)
        if size <= limit {
            bytes += try blob(id, at: path)
        }
        return size
    }

    /// Copies a blob's bytes.
    func blob(_ id: ObjectID, at path: String) throws(GitError) -> [UInt8] {
        let bytes = try bytes(of: id, GIT_OBJECT_BLOB, at: path)
        try id.check(.blob, bytes, at: path)
        return bytes
    }

    /// Reads a tree.
    ///
    /// - Parameter isChecked: whether to check the hash. Git does not check it either: zlib's checksum detects nearly
    ///   all damage.
    func tree(_ id: ObjectID, at path: String, isChecked: Bool = true) throws(GitError) -> TreeObject {
        let bytes = try bytes(of: id, GIT_OBJECT_TREE, at: path)
        if isChecked {
            try id.check(.tree, bytes, at: path)
        }
        do throws(TreeObject.Malformed) {
            return try TreeObject(bytes)
        } catch {
            throw .treeMalformed(id, path: path, error)
        }
    }

    /// Reads a blob's size from its header.
    func blobSize(_ id: ObjectID, at path: String = "") throws(GitError) -> Int {
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = id.raw
        let code = unsafe useObjects { unsafe git_odb_read_header(&size, &type, $0, &oid) }
        guard code >= 0 else { throw unreadable(id, path, .last(code)) }
        guard type == GIT_OBJECT_BLOB else {
            throw .objectCorrupt(id, path: path, message: "it is no blob")
        }
        return size
    }
}

extension RepositoryHandle {
    /// Returns the folders that have loose objects, by the first byte of the objects' names. An object whose folder is missing is
    /// in a pack.
    func looseFolders() -> Set<UInt8> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: objectsFolder)) ?? []
        return Set(names.filter { $0.utf8.count == 2 }.compactMap { UInt8($0, radix: 16) })
    }

    /// Refuses a loose object whose file is truncated after a power cut or a full disk: libgit2 1.5 never finishes
    /// reading such a file.
    ///
    /// <https://github.com/libgit2/libgit2/issues/7342>
    ///
    /// Packed and absent objects pass; libgit2 reports their faults itself. A file that was whole is not read again until it
    /// changes: a push reads its commits many times.
    func checkWhole(_ id: ObjectID, at path: String?) throws(GitError) {
        if let walkedFolders, !walkedFolders.contains(id.byte(0)) { return }
        let name = id.description
        let file = "\(objectsFolder)/\(name.prefix(2))/\(name.dropFirst(2))"
        // Most objects are in packs, and `stat` is much faster than a failed attempt to read.
        guard let state = LooseFileState(of: file), wholeFiles[id] != state,
            let bytes = FileManager.default.contents(atPath: file)
        else { return }
        let isWhole = unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe tfjob_is_whole_stream(start.assumingMemoryBound(to: UInt8.self), bytes.count) == 1
        }
        guard isWhole else { throw .objectCorrupt(id, path: path, message: "its file is cut off or garbled") }
        if wholeFiles.count >= Self.mostWholeFiles {
            wholeFiles = [:]
        }
        wholeFiles[id] = state
    }

    /// How many loose objects are remembered as whole.
    private static let mostWholeFiles = 4096
}

/// What changes if the file of a loose object is replaced, truncated or written.
struct LooseFileState: Equatable {
    private let size: Int
    private let number: UInt
    /// In nanoseconds, as is ``changed``.
    private let modified: Int
    private let changed: Int

    /// - Returns: nil if there is no such file.
    init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        number = UInt(status.st_ino)
        modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
        changed = status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec
    }
}

/// The positions of objects in the packs.
private struct PackPositions {
    /// The position of each wanted object; negative until it is found.
    var positions: [ObjectID: Int]
    /// How many objects were seen.
    var seen = 0
    /// How many objects to look at.
    let most: Int
}

extension RepositoryHandle {
    /// The smallest number of files whose order matters.
    private static let fewestToOrder = 2_000
    /// How many objects of the repository to look at for each file, so that a large history costs little.
    private static let mostPerFile = 20

    /// Returns the indices of the entries in the order in which to read them.
    ///
    /// A pack has most objects as differences to others nearby. libgit2 keeps few of these others, so reading in the order of
    /// the pack is several times as fast as in the order of the paths.
    func readingOrder(of entries: [TreeEntry]) -> [Int] {
        guard entries.count >= Self.fewestToOrder else { return Array(entries.indices) }
        var found = PackPositions(
            positions: Dictionary(entries.map { ($0.id, -1) }) { first, _ in first },
            most: entries.count * Self.mostPerFile
        )
        unsafe withUnsafeMutablePointer(to: &found) { found in
            unsafe useObjects { objects in
                // It goes through each pack in the order of the offsets: `git_pack_foreach_entry`,
                // https://github.com/libgit2/libgit2/blob/v1.5.1/src/libgit2/pack.c
                // If it fails, the objects that it did not find are read last.
                _ = unsafe git_odb_foreach(
                    objects,
                    { raw, found in
                        guard let raw = unsafe raw?.pointee,
                            let found = unsafe found?.assumingMemoryBound(to: PackPositions.self)
                        else { return 0 }
                        let position = unsafe found.pointee.seen
                        unsafe found.pointee.seen += 1
                        let id = ObjectID(raw)
                        if unsafe found.pointee.positions[id] == -1 {
                            unsafe found.pointee.positions[id] = position
                        }
                        return unsafe position < found.pointee.most ? 0 : 1
                    },
                    found
                )
            }
        }
        let places = entries.map { entry in
            let position = found.positions[entry.id] ?? -1
            return position < 0 ? Int.max : position
        }
        return entries.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    }
}
