import CLibGit2
import Foundation

/// An order in which many objects are read fast.
struct ReadingOrder {
    /// Of those that are in the repository's own packs.
    var packed: [Int]
    /// Of all others: they have a file of their own, are another repository's that this one borrows from, or are missing.
    var others: [Int]
}

extension RepositoryHandle {
    /// Below so many objects the order is not worth finding out.
    private static let fewest = 1000
    /// How many times as many objects the packs may have: beyond that, the search costs more than the order saves.
    private static let mostForeign = 16
    /// Bytes of a pack's index for each object, at the least: <https://git-scm.com/docs/pack-format>.
    private static let bytesPerIndexEntry = 28

    /// The order of the packs, from their end to their begin.
    ///
    /// In a pack, what an object is a delta of stands before it. libgit2 keeps what it unpacked on the way to an object, but
    /// not the object: so the end of a chain of deltas comes first, and all before it out of libgit2's cache. In any
    /// other order parts of the chains are unpacked again and again.
    ///
    /// - Returns: indices of the objects, each once.
    func readingOrder(of ids: [ObjectID]) -> ReadingOrder {
        guard ids.count >= Self.fewest, packedCount() <= Self.mostForeign * ids.count, let packs = try? ownPacks()
        else {
            return ReadingOrder(packed: [], others: Array(ids.indices))
        }
        let search = PackSearch(ids)
        _ = unsafe packs.use { packs in
            unsafe git_odb_foreach(
                packs,
                { id, search in
                    guard let id = unsafe id, let search = unsafe search else { return 0 }
                    unsafe Unmanaged<PackSearch>.fromOpaque(search).takeUnretainedValue().note(ObjectID(id.pointee))
                    return 0
                },
                Unmanaged.passUnretained(search).toOpaque()
            )
        }
        return search.order
    }

    /// An object database of nothing but this repository's own packs.
    private func ownPacks() throws(LibraryFailure) -> Owned {
        let packs = try unsafe Owned(freeing: { unsafe git_odb_free($0) }) { made in unsafe git_odb_new(&made) }
        try unsafe packs.use { (packs: OpaquePointer) throws(LibraryFailure) in
            var backend: OpaquePointer?
            try unsafe LibraryFailure.check(git_odb_backend_pack(&backend, objectsFolder))
            try unsafe LibraryFailure.check(git_odb_add_backend(packs, backend, 1))
        }
        return packs
    }

    /// About how many objects the packs have, by the size of their indices.
    private func packedCount() -> Int {
        let folder = "\(objectsFolder)/pack"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".idx") }.reduce(0) { count, name in
            let size = (try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"))?[.size] as? Int
            return count + (size ?? 0) / Self.bytesPerIndexEntry
        }
    }
}

/// Notes in which order objects come.
private final class PackSearch {
    /// The first index of each object.
    private var first: [ObjectID: Int]
    /// Of each index, the next one of the same object; below zero for none.
    private var next: [Int]
    private var isFound: [Bool]
    private var found: [Int] = []

    init(_ ids: [ObjectID]) {
        first = Dictionary(minimumCapacity: ids.count)
        next = Array(repeating: -1, count: ids.count)
        isFound = Array(repeating: false, count: ids.count)
        for index in ids.indices.reversed() {
            if let later = first.updateValue(index, forKey: ids[index]) {
                next[index] = later
            }
        }
        found.reserveCapacity(ids.count)
    }

    func note(_ id: ObjectID) {
        guard var index = first[id], !isFound[index] else { return }
        while index >= 0 {
            isFound[index] = true
            found.append(index)
            index = next[index]
        }
    }

    var order: ReadingOrder {
        ReadingOrder(packed: found.reversed(), others: isFound.indices.filter { !isFound[$0] })
    }
}
