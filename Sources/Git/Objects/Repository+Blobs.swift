extension Repository {
    /// Reads a blob.
    ///
    /// - Parameters:
    ///   - id: the blob.
    ///   - limit: the most bytes that the caller takes.
    /// - Throws: ``GitError/tooLarge(size:limit:)``, without reading it, where it has more.
    public func blob(_ id: ObjectID, limit: Int) throws(GitError) -> [UInt8] {
        let size = try handle.blobSize(id)
        guard size <= limit else { throw .tooLarge(size: size, limit: limit) }
        return try handle.blob(id, at: "")
    }

    /// The number of bytes of a blob, from its header alone.
    public func blobSize(_ id: ObjectID) throws(GitError) -> Int {
        try handle.blobSize(id)
    }
}
