import CLibGit2

/// What libgit2 said of a call that failed, taken down at once: its last error belongs to the thread and to the last call.
///
/// <https://libgit2.org/libgit2/#v1.5.1/group/error>
public struct LibraryFailure: Error, Sendable, Equatable {
    /// A `git_error_code`, below zero.
    public let code: Int32
    /// The `git_error_t` it belongs to, such as 9 for the object database; 0 where libgit2 did not say.
    public let category: Int32
    /// In libgit2's words.
    public let message: String

    /// The failure of the call just made on this thread.
    static func last(_ code: Int32) -> LibraryFailure {
        guard let error = unsafe git_error_last(), let message = unsafe error.pointee.message else {
            return LibraryFailure(code: code, category: 0, message: "libgit2 gives no reason (code \(code))")
        }
        return unsafe LibraryFailure(code: code, category: error.pointee.klass, message: String(cString: message))
    }

    /// Throws what a code below zero stands for.
    static func check(_ code: Int32) throws(LibraryFailure) {
        guard code >= 0 else { throw .last(code) }
    }

    /// An object is there and is no blob, or no tree.
    static let otherKind = LibraryFailure(
        code: GIT_ERROR.rawValue,
        category: Int32(GIT_ERROR_OBJECT.rawValue),
        message: "it is an object of another kind"
    )

    var isNotFound: Bool { code == GIT_ENOTFOUND.rawValue }
}
