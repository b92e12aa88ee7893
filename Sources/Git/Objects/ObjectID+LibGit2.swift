import CLibGit2

extension ObjectID {
    init(_ oid: git_oid) {
        self = unsafe withUnsafeBytes(of: oid.id) { unsafe ObjectID(Array($0)) }
    }

    /// The form that libgit2 takes.
    var raw: git_oid {
        var oid = git_oid()
        unsafe withUnsafeMutableBytes(of: &oid.id) { target in
            for index in 0..<Self.size {
                unsafe target[index] = byte(index)
            }
        }
        return oid
    }
}
