import CLibGit2
public import Foundation

/// A commit. Its people are mapped by `.mailmap`.
public struct Commit: Sendable, Equatable {
    /// The commit's id.
    public let id: ObjectID
    /// The tree of the root folder.
    public let tree: ObjectID
    /// The parents; the first is the branch that received the merge. Empty at the boundary of a shallow clone, as in
    /// `git log`.
    public let parents: [ObjectID]
    /// Who wrote the change.
    public let author: Signature
    /// Who created the commit. A rebase changes it.
    public let committer: Signature
    /// The message, decoded by the commit's `encoding`; invalid bytes are replaced. The middle of a message over 64 KiB
    /// is left out.
    public let message: String
}

/// The author or committer of a commit, and the time.
public struct Signature: Sendable, Equatable {
    /// The name, mapped by `.mailmap`; empty if it is unknown.
    public let name: String
    /// The mail address without brackets; empty if it is unknown.
    public let mail: String
    /// The time in whole seconds, never after ``latest``. Nil if it is missing or git can't read it.
    public let time: Date?
    /// The time zone in minutes east of UTC, at most 14 hours; 0 if it is unknown.
    public let offset: Int

    /// The last second of the year 9999, in seconds since 1970: RFC 3339 has no later time.
    static let latest: Int64 = 253_402_300_799
}

extension Repository {
    /// Reads a commit.
    ///
    /// - Throws: ``GitError/objectMissing(_:path:)`` if it is missing.
    public func commit(_ id: ObjectID) throws(GitError) -> Commit {
        try handle.commit(id, handle.mailmap(), handle.shallowBoundary())
    }
}

extension Repository {
    /// Explains why an existing `.mailmap` is ignored; nil if none is.
    public func mailmapFault() -> String? { handle.mailmapFault() }
}

extension RepositoryHandle {
    func commit(_ id: ObjectID, _ mailmap: Mailmap, _ boundary: Set<ObjectID>) throws(GitError) -> Commit {
        let commit = try commitObject(id)
        return Commit(
            id: id,
            tree: commit.tree,
            parents: boundary.contains(id) ? [] : commit.parents,
            author: commit.author(mailmap),
            committer: commit.committer(mailmap),
            message: commit.message
        )
    }
}

extension Commit {
    /// The values of a trailer, for example `Signed-off-by`, in the order of the message.
    ///
    /// A trailer is a line `Key: value` of the message's last paragraph:
    /// <https://git-scm.com/docs/git-interpret-trailers>.
    ///
    /// - Parameter key: the trailer's key, in any case.
    public func trailers(_ key: String) -> [String] {
        var found = unsafe git_message_trailer_array()
        guard unsafe git_message_trailers(&found, message) == 0 else { return [] }
        defer { unsafe git_message_trailer_array_free(&found) }
        return (0..<(unsafe found.count)).compactMap { index in
            let trailer = unsafe found.trailers[index]
            guard unsafe String(cString: trailer.key).lowercased() == key.lowercased() else { return nil }
            return unsafe String(cString: trailer.value)
        }
    }
}

/// A commit's signature and the signed bytes.
package struct SignedCommit: Sendable {
    /// The signature as armoured text.
    package let signature: [UInt8]
    /// The commit without its signature, byte for byte.
    package let payload: [UInt8]
    /// The committer's time; nil if it is unknown.
    package let time: Date?
}

extension Repository {
    /// Reads a commit's signature; nil for an unsigned commit.
    package func signedCommit(_ id: ObjectID) throws(GitError) -> SignedCommit? {
        let time = try commit(id).committer.time
        guard let (signature, payload) = try handle.signature(of: id) else { return nil }
        return SignedCommit(signature: signature, payload: payload, time: time)
    }
}

extension RepositoryHandle {
    /// Separates a commit from its `gpgsig` header.
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
        try checkResult(code, "signature of \(id)")
        return unsafe (Self.bytes(signature), Self.bytes(payload))
    }

    private static func bytes(_ buffer: git_buf) -> [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }
}
