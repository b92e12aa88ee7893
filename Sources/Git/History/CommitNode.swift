import CLibGit2
import Foundation

/// The parts of a commit that a walk through history needs.
struct CommitNode {
    let id: ObjectID
    let tree: ObjectID
    let parents: [ObjectID]
    /// The committer's time in seconds since 1970, by which `git log` sorts.
    let time: Int64
}

extension RepositoryHandle {
    /// Reads a commit without its people and its message.
    func node(_ id: ObjectID) throws(GitError) -> CommitNode {
        let commit = try commitObject(id)
        return CommitNode(id: id, tree: commit.tree, parents: commit.parents, time: commit.time)
    }

    /// Reads a commit. At the boundary of a shallow clone it has no parents.
    func node(_ id: ObjectID, _ boundary: Set<ObjectID>) throws(GitError) -> CommitNode {
        let node = try node(id)
        guard boundary.contains(id) else { return node }
        return CommitNode(id: id, tree: node.tree, parents: [], time: node.time)
    }

    /// Reads a commit.
    ///
    /// libgit2's own lookup refuses commits that git reads, for example without a mail address or with a date of many
    /// digits.
    func commitObject(_ id: ObjectID) throws(GitError) -> CommitObject {
        let bytes = try bytes(of: id, GIT_OBJECT_COMMIT, at: nil)
        do throws(CommitObject.Malformed) {
            return try CommitObject(bytes)
        } catch {
            throw .objectCorrupt(id, path: nil, message: error.reason)
        }
    }
}

/// The commits to visit, newest first. Commits of the same time keep their order, as in `git log`.
struct CommitQueue<Element> {
    private struct Place {
        let time: Int64
        let number: Int
        let element: Element

        func comes(before other: Place) -> Bool {
            time == other.time ? number < other.number : time > other.time
        }
    }

    /// A binary heap: each place comes before its two children.
    private var places: [Place] = []
    private var count = 0

    mutating func insert(_ element: Element, time: Int64) {
        var index = places.count
        places.append(Place(time: time, number: count, element: element))
        count += 1
        while index > 0, places[index].comes(before: places[(index - 1) / 2]) {
            places.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popNewest() -> Element? {
        guard let first = places.first else { return nil }
        places.swapAt(0, places.count - 1)
        places.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < places.count }
            guard let child = children.min(by: { places[$0].comes(before: places[$1]) }) else { break }
            guard places[child].comes(before: places[index]) else { break }
            places.swapAt(index, child)
            index = child
        }
        return first.element
    }
}

extension RepositoryHandle {
    /// The commits whose parents are missing in a shallow clone. libgit2 1.5 ignores this boundary.
    ///
    /// <https://git-scm.com/docs/shallow>
    func shallowBoundary() -> Set<ObjectID> {
        guard let content = FileManager.default.contents(atPath: commonFolder + "/shallow") else { return [] }
        let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
        return Set(lines.compactMap { ObjectID(String($0)) })
    }

    /// The folder of references and objects: `.git`, or the repository itself if it is bare.
    var commonFolder: String {
        unsafe use { unsafe Self.folder(git_repository_commondir($0)) }
    }

    /// The folder of `HEAD`; an added work tree has its own.
    var ownFolder: String {
        unsafe use { unsafe Self.folder(git_repository_path($0)) }
    }

    /// libgit2's folders end with a slash.
    private static func folder(_ path: UnsafePointer<CChar>) -> String {
        let path = unsafe String(cString: path)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

extension Repository {
    /// Whether the repository is a shallow clone, whose history ends at a boundary.
    public var isShallow: Bool { !handle.shallowBoundary().isEmpty }
}
