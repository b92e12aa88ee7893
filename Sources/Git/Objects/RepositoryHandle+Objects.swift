import CLibGit2

extension RepositoryHandle {
    /// A copy of an object's bytes.
    ///
    /// - Parameters:
    ///   - id: the object.
    ///   - type: what it has to be.
    ///   - path: where it is in the tree, for the error.
    private func bytes(of id: ObjectID, _ type: git_object_t, at path: String) throws(GitError) -> [UInt8] {
        try unsafe object(id, at: path).use { (object: OpaquePointer) throws(GitError) in
            guard unsafe git_odb_object_type(object) == type else {
                throw .objectCorrupt(id, path: path, message: "it is an object of another kind")
            }
            return unsafe Array(
                UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
            )
        }
    }

    private func object(_ id: ObjectID, at path: String) throws(GitError) -> Owned {
        try checkWhole(id, at: path)
        var oid = id.raw
        do throws(LibraryFailure) {
            return try unsafe useObjects { (objects: OpaquePointer) throws(LibraryFailure) in
                try unsafe Owned(freeing: { unsafe git_odb_object_free($0) }) { made in
                    unsafe git_odb_read(&made, objects, &oid)
                }
            }
        } catch {
            throw .unreadable(id, path: path, error)
        }
    }

    /// A copy of a blob's bytes.
    func blob(_ id: ObjectID, at path: String) throws(GitError) -> [UInt8] {
        try bytes(of: id, GIT_OBJECT_BLOB, at: path)
    }

    /// A tree.
    func tree(_ id: ObjectID, at path: String) throws(GitError) -> TreeObject {
        let bytes = try bytes(of: id, GIT_OBJECT_TREE, at: path)
        do throws(TreeObject.Malformed) {
            return try TreeObject(bytes)
        } catch {
            throw .treeMalformed(id, path: path, error)
        }
    }

    /// The number of a blob's bytes, from its header.
    func blobSize(_ id: ObjectID) throws(GitError) -> Int {
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = id.raw
        let code = unsafe useObjects { unsafe git_odb_read_header(&size, &type, $0, &oid) }
        guard code >= 0 else { throw .unreadable(id, path: "", .last(code)) }
        guard type == GIT_OBJECT_BLOB else {
            throw .objectCorrupt(id, path: "", message: "it is no blob")
        }
        return size
    }
}
