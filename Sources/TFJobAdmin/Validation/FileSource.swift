import Foundation

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
        guard let type = Self.type(url) else { throw Missing(path: path) }
        guard type == .typeDirectory else {
            return [CheckedFile(shown: path, place: Self.place(of: url), content: Self.content(url, type))]
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
                return files(in: url, shown: shown, place: place)
            }
            guard name.hasSuffix(".json") else { return [] }
            return [CheckedFile(shown: shown, place: place, content: Self.content(url, type))]
        }
    }

    /// The path from the folder above `clusters`; nil where no such folder is in the path.
    private static func place(of url: URL) -> String? {
        let parts = url.pathComponents
        return parts.lastIndex(of: "clusters").map { parts[$0...].joined(separator: "/") }
    }

    private static func content(_ url: URL, _ type: FileAttributeType) -> CheckedFile.Content {
        guard type == .typeRegular else { return .notRegular }
        guard let data = FileManager.default.contents(atPath: url.path) else {
            return .unusable("the file can't be read; look at its permissions")
        }
        return .bytes(Array(data))
    }

    /// The kind of what is at a path itself, not of what a link leads to.
    private static func type(_ url: URL) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
