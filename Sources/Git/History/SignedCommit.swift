import CLibGit2
package import Foundation

/// A commit's signature, and what it stands for.
package struct SignedCommit: Sendable {
    /// As the commit has it: armoured text.
    package let signature: [UInt8]
    /// The commit without its signature, byte for byte.
    package let payload: [UInt8]
    /// When the commit was made, as the committer says; nil where that is unknown.
    package let time: Date?
}

extension Repository {
    /// A commit's signature; nil where it has none.
    package func signedCommit(_ id: ObjectID) throws(GitError) -> SignedCommit? {
        let time = try commit(id).committer.time
        guard let (signature, payload) = try handle.signature(of: id) else { return nil }
        return SignedCommit(signature: signature, payload: payload, time: time)
    }
}

extension RepositoryHandle {
    /// Takes a commit and its `gpgsig` header apart.
    ///
    /// <https://libgit2.org/libgit2/#v1.5.1/group/commit/git_commit_extract_signature>
    fileprivate func signature(of id: ObjectID) throws(GitError) -> (signature: [UInt8], payload: [UInt8])? {
        var signature = unsafe git_buf()
        var payload = unsafe git_buf()
        defer {
            unsafe git_buf_dispose(&signature)
            unsafe git_buf_dispose(&payload)
        }
        var oid = id.raw
        let code = unsafe use { unsafe git_commit_extract_signature(&signature, &payload, $0, &oid, nil) }
        guard code != GIT_ENOTFOUND.rawValue else { return nil }
        try check(code, "signature of \(id)")
        return unsafe (Self.bytes(signature), Self.bytes(payload))
    }

    private static func bytes(_ buffer: git_buf) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }
}
