import CLibGit2
import Foundation

extension RepositoryHandle {
    /// Below so many objects the order is not worth finding out.
    private static let fewest = 1000
    /// How many times as many objects the packs may have.
    private static let mostForeign = 16
    /// Bytes of a pack's index for each object, at the least: <https://git-scm.com/docs/pack-format>.
    private static let bytesPerIndexEntry = 28

    /// The order in which many objects are read fastest: that of the packs, where what an object is a delta of stands just before it,
    /// so that it is still in libgit2's cache. In any other order whole chains of deltas are unpacked again and again.
    ///
    /// - Returns: indices of the objects, each once.
    func packOrder(of ids: [ObjectID]) -> [Int] {
        guard ids.count >= Self.fewest, packedCount() <= Self.mostForeign * ids.count else { return Array(ids.indices) }
        let search = PackOrderSearch(ids)
        _ = unsafe useObjects { objects in
            unsafe git_odb_foreach(
                objects,
                { id, search in
                    guard let id = unsafe id, let search = unsafe search else { return 0 }
                    unsafe Unmanaged<PackOrderSearch>.fromOpaque(search).takeUnretainedValue().note(id.pointee)
                    return 0
                },
                Unmanaged.passUnretained(search).toOpaque()
            )
        }
        return search.order
    }

    /// About how many objects the packs have, by the size of their indices.
    private func packedCount() -> Int {
        let folder = unsafe use { unsafe String(cString: git_repository_commondir($0)) } + "objects/pack"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".idx") }.reduce(0) { count, name in
            let size = (try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"))?[.size] as? Int
            return count + (size ?? 0) / Self.bytesPerIndexEntry
        }
    }
}

/// Notes in which order objects come.
private final class PackOrderSearch {
    private var places: [ObjectID: [Int]]
    private var found: [Int] = []

    init(_ ids: [ObjectID]) {
        places = Dictionary(grouping: ids.indices) { ids[$0] }
        found.reserveCapacity(ids.count)
    }

    func note(_ id: git_oid) {
        if let places = places.removeValue(forKey: ObjectID(id)) {
            found += places
        }
    }

    /// What did not come is in no pack of this repository; it stands last.
    var order: [Int] { found + places.values.joined().sorted() }
}
