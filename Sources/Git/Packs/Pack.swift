import Foundation

/// A pack of a repository, and its index.
struct Pack: Sendable {
    let index: PackIndex
    let bytes: PackBytes

    /// - Parameters:
    ///   - folder: where packs are.
    ///   - name: the name of both files, without their endings.
    private init?(folder: String, name: String) {
        guard let index = PackIndex(path: "\(folder)/\(name).idx"),
            let bytes = PackBytes(path: "\(folder)/\(name).pack")
        else { return nil }
        (self.index, self.bytes) = (index, bytes)
    }

    /// Those of a folder that can be read here, the largest first: most of what is looked for is there.
    static func all(in folder: String) -> [Pack] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".idx") }
            .compactMap { Pack(folder: folder, name: String($0.dropLast(".idx".count))) }
            .sorted { $0.bytes.count > $1.bytes.count }
    }
}
