import CGitMemory
import CLibGit2

extension RepositoryHandle {
    /// A copy of an object's bytes.
    ///
    /// - Parameters:
    ///   - id: the object.
    ///   - type: what it has to be.
    ///   - path: where it is in the tree, for the error.
    func bytes(of id: ObjectID, _ type: git_object_t, at path: String?) throws(GitError) -> [UInt8] {
        try checkWhole(id, at: path)
        do throws(LibraryFailure) {
            return try Self.bytes(try object(id), as: type)
        } catch {
            throw unreadable(id, path, error)
        }
    }

    /// What a failed look-up of an object stands for. A partial clone has all commits, but not all of what they have.
    func unreadable(_ id: ObjectID, _ path: String?, _ failure: LibraryFailure) -> GitError {
        if failure.isNotFound, let path, let promisor {
            return .objectNotFetched(id, path: path, remote: promisor)
        }
        return .unreadable(id, path: path, failure)
    }

    /// Reads a commit's bytes and sees that they have its name.
    func checkCommit(_ id: ObjectID) throws(GitError) {
        try id.check(.commit, try bytes(of: id, GIT_OBJECT_COMMIT, at: nil), at: nil)
    }

    /// What kind of object it is, and its bytes.
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

    /// The least that libgit2 is let have in one piece, in bytes: for its own tables.
    private static let leastMemory = 16 << 20

    /// Appends a copy of a blob's bytes to others, unless they are too many. Whether they have the blob's name is left to the caller.
    ///
    /// - Parameters:
    ///   - id: the blob.
    ///   - path: where it is in the tree, for the error.
    ///   - limit: the most bytes that the caller takes.
    /// - Returns: how many there are. More than the limit: nothing was appended.
    func appendBlob(
        _ id: ObjectID,
        at path: String,
        limit: Int,
        to bytes: inout [UInt8]
    ) throws(GitError) -> Int {
        try checkWhole(id, at: path)
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

    /// A copy of a blob's bytes.
    func blob(_ id: ObjectID, at path: String) throws(GitError) -> [UInt8] {
        let bytes = try bytes(of: id, GIT_OBJECT_BLOB, at: path)
        try id.check(.blob, bytes, at: path)
        return bytes
    }

    /// A tree.
    ///
    /// - Parameter isChecked: false to take what the bytes say, as git does: zlib's checksum tells nearly all damage.
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

    /// The number of a blob's bytes, from its header.
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
