import CLibGit2

extension ObjectID {
    init(_ oid: git_oid) {
        self = unsafe withUnsafeBytes(of: oid.id) { unsafe ObjectID(Array($0)) }
    }

    /// The form that libgit2 takes.
    var raw: git_oid {
        var oid = git_oid()
        unsafe withUnsafeMutableBytes(of: &oid.id) { unsafe $0.copyBytes(from: bytes) }
        return oid
    }
}
