import Foundation

/// The files that a git leaves in a repository when it is killed. Nobody else's git may be at work there.
struct LeftOvers {
    let repository: String

    /// Removes locks: while one is there, its reference can't be written.
    func removeLocks() {
        for name in ["HEAD.lock", "config.lock", "packed-refs.lock", "packed-refs.new", "shallow.lock"] {
            remove("\(repository)/\(name)")
        }
        let references = "\(repository)/refs"
        for case let name as String in FileManager.default.enumerator(atPath: references) ?? .init()
        where name.hasSuffix(".lock") {
            remove("\(references)/\(name)")
        }
    }

    /// Removes packs and objects that were not written to their end, and the marks that protect a pack until its references are.
    func removeTemporaryFiles() {
        let packs = "\(repository)/objects/pack"
        for name in names(in: packs) {
            let isTemporary = name.hasPrefix("tmp_") || name.hasPrefix(".tmp-")
            if isTemporary || name.hasSuffix(".keep") {
                remove("\(packs)/\(name)")
            }
        }
        for folder in names(in: "\(repository)/objects") where folder.count == 2 || folder.hasPrefix("tmp_") {
            guard folder.count == 2 else {
                remove("\(repository)/objects/\(folder)")
                continue
            }
            for name in names(in: "\(repository)/objects/\(folder)") where name.hasPrefix("tmp_") {
                remove("\(repository)/objects/\(folder)/\(name)")
            }
        }
    }

    private func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
