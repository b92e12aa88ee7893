import Crypto
import Foundation
import Platform

/// A blob that the `git` program copies to its file: libgit2 reads an object in one piece, `git cat-file` streams it.
struct LargeBlob: Sendable {
    /// Up to so many bytes a blob is read by libgit2.
    static let limit = 8 << 20
    /// How much is read at a time to check the file.
    private static let pieceSize = 1 << 20
    /// How long git may take for one.
    private static let timeout = Duration.seconds(600)

    let id: ObjectID
    /// Where it is, relative to the exported folder.
    let path: String
    let size: Int
    /// Where to copy it; empty so far.
    let file: NewFile

    /// Copies the blob, and sees that the bytes have its name.
    ///
    /// - Parameter repository: the folder of the repository.
    func copy(from repository: String) async throws(GitError) {
        var variables = GitEnvironment.own(["PATH", "HOME", "XDG_CONFIG_HOME", "LD_LIBRARY_PATH"])
        variables.merge(["LC_ALL": "C", "GIT_DIR": repository, "GIT_NO_LAZY_FETCH": "1"]) { $1 }
        let program = ChildProgram(name: "git", environment: variables, folder: repository)
        let ended: ChildProgram.Ended
        do throws(ChildFailure) {
            ended = try await program.run(
                ["cat-file", "blob", id.description],
                to: file.descriptor,
                deadline: Self.timeout
            )
        } catch {
            throw .exportFailed(path: path, reason: error.description)
        }
        guard ended.code == 0 else {
            throw .exportFailed(path: path, reason: Scrubber([]).scrub(ended.complaint))
        }
        try check()
    }

    private func check() throws(GitError) {
        var hash = Insecure.SHA1()
        hash.update(data: Data("blob \(size)\0".utf8))
        var count = 0
        while count <= size {
            let piece = try onDisk { () throws(PlatformError) in try file.bytes(from: count, most: Self.pieceSize) }
            guard !piece.isEmpty else { break }
            hash.update(data: piece)
            count += piece.count
        }
        guard ObjectID(Array(hash.finalize())) == id else { throw .otherContent(id, path: path) }
    }
}
