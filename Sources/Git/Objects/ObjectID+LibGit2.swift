import CLibGit2

extension ObjectID {
    init(_ oid: git_oid) {
        self = unsafe withUnsafeBytes(of: oid.id) { bytes in
            unsafe ObjectID(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                middle: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
    }

    /// The form that libgit2 takes.
    var raw: git_oid {
        var oid = git_oid()
        unsafe withUnsafeMutableBytes(of: &oid.id) { target in
            unsafe target.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe target.storeBytes(of: middle.bigEndian, toByteOffset: 8, as: UInt64.self)
            unsafe target.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        return oid
    }
}
