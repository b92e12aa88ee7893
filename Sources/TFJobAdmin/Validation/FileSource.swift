import Foundation
import Git
import Jobs

/// Job files on disk: a single one, or all below a folder.
struct FileSource {
    /// There is nothing at a path.
    struct Missing: Error, CustomStringConvertible {
        let path: String

        var description: String { "there is no file or folder \(path)" }
    }

    private let path: String

    /// - Parameter path: as the user wrote it; it is shown so.
    init(path: String) {
        self.path = path
    }

    /// Reads what is there: the file, or each `.json` file below `clusters/`.
    func files() throws -> [CheckedFile] {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let root = Self.root(of: url) ?? url
        return try read().checkingDependencies { place in
            FileManager.default.fileExists(atPath: root.appendingPathComponent(place).path)
        }
    }

    private func read() throws -> [CheckedFile] {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        guard let type = Self.type(url) else { throw Missing(path: path) }
        guard type == .typeDirectory else {
            return [Self.check(url, type, shown: path, place: Self.place(of: url))]
        }
        if let place = Self.place(of: url) {
            return files(in: url, shown: path, place: place)
        }
        let clusters = url.appendingPathComponent("clusters")
        guard Self.type(clusters) == .typeDirectory else { return [] }
        return files(in: clusters, shown: path == "." ? "clusters" : Self.joined(path, "clusters"), place: "clusters")
    }

    private func files(in folder: URL, shown: String, place: String) -> [CheckedFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().flatMap { name -> [CheckedFile] in
            let url = folder.appendingPathComponent(name)
            let (shown, place) = (Self.joined(shown, name), Self.joined(place, name))
            guard let type = Self.type(url) else { return [] }
            if type == .typeDirectory {
                // `clusters` is the first of them.
                let depth = place.split(separator: "/").count - 1
                guard depth < TreeEntry.deepest else { return [CheckedFile(tooDeep: shown)] }
                return files(in: url, shown: shown, place: place)
            }
            guard name.hasSuffix(".json") else { return [] }
            return [Self.check(url, type, shown: shown, place: place)]
        }
    }

    /// The path from the folder above `clusters`; nil where no such folder is in the path.
    private static func place(of url: URL) -> String? {
        let parts = url.pathComponents
        return parts.lastIndex(of: "clusters").map { parts[$0...].joined(separator: "/") }
    }

    private static func check(_ url: URL, _ type: FileAttributeType, shown: String, place: String?) -> CheckedFile {
        guard type == .typeRegular else { return CheckedFile(shown: shown, place: place, content: .notRegular) }
        guard let file = FileHandle(forReadingAtPath: url.path), let size = try? file.seekToEnd(),
            (try? file.seek(toOffset: 0)) != nil
        else { return CheckedFile(shown: shown, unreadable: "the file can't be read; look at its permissions") }
        guard size <= JobFile.largest, let data = try? file.readToEnd() ?? Data() else {
            return CheckedFile(shown: shown, place: place, content: .tooLarge(size: Int(size)))
        }
        return CheckedFile(shown: shown, place: place, content: .bytes(Array(data)))
    }

    /// The folder above `clusters`; nil where no such folder is in the path.
    private static func root(of url: URL) -> URL? {
        guard let index = url.pathComponents.lastIndex(of: "clusters") else { return nil }
        return (index..<url.pathComponents.count).reduce(url) { folder, _ in folder.deletingLastPathComponent() }
    }

    /// The kind of what is at a path itself, not of what a link leads to.
    private static func type(_ url: URL) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
