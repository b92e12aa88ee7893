import Crypto

extension ObjectID {
    /// What kind of object bytes are.
    enum Kind: String {
        case blob, tree, commit
    }

    /// The name that an object has by its content: <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_object_storage>.
    ///
    /// Damage is what it tells. That nobody made two objects of one name, git sees to where it takes a push in.
    init(_ kind: Kind, _ bytes: some Collection<UInt8>) {
        var hash = Insecure.SHA1()
        hash.update(data: Array("\(kind.rawValue) \(bytes.count)\0".utf8))
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { bytes in
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
        }
        if isContiguous == nil {
            hash.update(data: Array(bytes))
        }
        self.init(Array(hash.finalize()))
    }

    /// Sees that an object has the name by which it was found.
    ///
    /// - Parameter path: where it is in the tree, for the error; nil for a commit.
    func check(_ kind: Kind, _ bytes: some Collection<UInt8>, at path: String?) throws(GitError) {
        guard ObjectID(kind, bytes) == self else { throw .otherContent(self, path: path) }
    }
}
