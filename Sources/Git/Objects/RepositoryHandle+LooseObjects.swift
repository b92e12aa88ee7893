import CLibGit2
import Foundation

extension RepositoryHandle {
    /// Refuses an object whose own file is cut off, after a power cut or a full disk: libgit2 1.5 reads such a file for ever.
    ///
    /// <https://github.com/libgit2/libgit2/issues/7342>
    ///
    /// What is in a pack, or absent, passes: libgit2 says what is wrong with that.
    func checkWhole(_ id: ObjectID, at path: String?) throws(GitError) {
        let name = id.description
        let file = "\(objectsFolder)/\(name.prefix(2))/\(name.dropFirst(2))"
        // Most objects are in packs: the system is asked first, which is many times quicker than an attempt to read.
        guard unsafe access(file, F_OK) == 0, let bytes = FileManager.default.contents(atPath: file) else { return }
        let isWhole = unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe tfjob_is_whole_stream(start.assumingMemoryBound(to: UInt8.self), bytes.count) == 1
        }
        guard isWhole else { throw .objectCorrupt(id, path: path, message: "its file is cut off or garbled") }
    }
}
