import CLibGit2
import Foundation

extension RepositoryHandle {
    /// The commits whose parents a shallow clone left out. libgit2 1.5 does not heed them itself.
    ///
    /// <https://git-scm.com/docs/shallow>
    func shallowBoundary() -> Set<ObjectID> {
        guard let content = FileManager.default.contents(atPath: commonFolder + "/shallow") else { return [] }
        let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
        return Set(lines.compactMap { ObjectID(String($0)) })
    }

    /// The folder that holds references and objects: `.git`, or the repository itself where it is bare.
    var commonFolder: String {
        unsafe use { unsafe Self.folder(git_repository_commondir($0)) }
    }

    /// The folder that holds `HEAD`: of an added work tree, one of its own.
    var ownFolder: String {
        unsafe use { unsafe Self.folder(git_repository_path($0)) }
    }

    /// libgit2's folders end with a slash.
    private static func folder(_ path: UnsafePointer<CChar>) -> String {
        let path = unsafe String(cString: path)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
