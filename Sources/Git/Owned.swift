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
    ///   - make: the call; it writes the object and returns libgit2's code.
    init(
        freeing free: @escaping (OpaquePointer?) -> Void,
        _ make: (inout OpaquePointer?) -> Int32
    ) throws(LibraryFailure) {
        var made: OpaquePointer?
        let code = unsafe make(&made)
        guard code >= 0, let made = unsafe made else { throw .last(code) }
        unsafe pointer = unsafe made
        unsafe self.free = unsafe free
    }

    deinit {
        unsafe free(pointer)
    }

    /// Lends the object for one call. It stays alive until the call returns, which a bare pointer would not see to.
    func use<Result: ~Copyable, Failure>(_ body: (OpaquePointer) throws(Failure) -> Result) throws(Failure) -> Result {
        try unsafe body(pointer)
    }
}
