import CLibGit2

/// An object of libgit2 with one owner, freed at the end of the owner's scope, also on a throw.
@safe
struct Owned: ~Copyable {
    private let pointer: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    /// Takes over what a call made.
    ///
    /// - Parameters:
    ///   - free: libgit2's own function for the kind of object.
    ///   - what: what was being done, for the error.
    ///   - make: the call; it writes the object and returns libgit2's code.
    init(
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ what: @autoclosure () -> String,
        _ make: (inout OpaquePointer?) -> Int32
    ) throws(GitError) {
        var made: OpaquePointer?
        let code = unsafe make(&made)
        try check(code, what())
        guard let made = unsafe made else { throw .failed(what(), message: "libgit2 gave nothing") }
        unsafe pointer = unsafe made
        unsafe self.free = unsafe free
    }

    deinit {
        unsafe free(pointer)
    }

    /// Lends the object for one call. It stays alive until the call returns, which a bare pointer would not see to.
    func use<Result: ~Copyable>(_ body: (OpaquePointer) throws(GitError) -> Result) throws(GitError) -> Result {
        try unsafe body(pointer)
    }
}
