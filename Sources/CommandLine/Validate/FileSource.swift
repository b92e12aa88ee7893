import Foundation
import Git
import JobFile
import Jobs

/// Job files on disk: a single one, or all below a folder.
struct FileSource {
    /// There is nothing at a path.
    struct Missing: Error, CustomStringConvertible {
        let path: String

        var description: String { "there is no file or folder \(path)" }
    }

    /// Files that were read, and where.
    struct Files {
        /// The folder above `clusters`; nil where no such folder is in the path.
        let root: URL?
        /// By the path from there where it is known, as it is shown elsewhere.
        var files: [(place: String, file: CheckedFile)] = []
        /// What was asked for, by the path from the root.
        var scopes: [String] = []
        /// How the root is shown: what stands before a path from there.
        let prefix: String
    }

    private let path: String
    private let url: URL

    /// - Parameter path: as the user wrote it; it is shown so.
    init(path: String) {
        self.path = path
        url = URL(fileURLWithPath: path).standardizedFileURL
    }

    /// Reads what is there: the file, or each job file below `clusters/`.
    func files() throws -> Files {
        guard let type = Self.type(url) else { throw Missing(path: path) }
        guard let place = Self.place(of: url) else {
            guard type == .typeDirectory else {
                return Files(root: nil, files: [(path, Self.check(url, type, shown: path, place: nil))], prefix: "")
            }
            let files = files(at: url.appendingPathComponent("clusters"), "clusters")
            return Files(root: url, files: files, scopes: ["clusters"], prefix: prefix)
        }
        let root = place.split(separator: "/").reduce(url) { folder, _ in folder.deletingLastPathComponent() }
        let files = Self.linkAbove(place, in: root).map { fault in
            [(fault.path, CheckedFile(shown: shown(fault.path), fault: fault))]
        }
        return Files(root: root, files: files ?? self.files(at: url, place), scopes: [place], prefix: prefix)
    }

    private var prefix: String {
        guard let place = Self.place(of: url) else { return path == "." ? "" : Self.joined(path, "") }
        // The user wrote the end of the place, or all of it with something before.
        return path.hasSuffix(place) ? String(path.dropLast(place.count)) : ""
    }

    private func shown(_ place: String) -> String {
        guard let own = Self.place(of: url) else { return prefix + place }
        if place == own { return path }
        return place.hasPrefix(own + "/") ? Self.joined(path, String(place.dropFirst(own.count + 1))) : prefix + place
    }

    /// A symbolic link on the way from the root to a place.
    private static func linkAbove(_ place: String, in root: URL) -> FolderFault? {
        var (folder, way) = (root, "")
        for step in place.split(separator: "/").dropLast() {
            folder.appendPathComponent(String(step))
            way = way.isEmpty ? String(step) : "\(way)/\(step)"
            if type(folder) == .typeSymbolicLink { return FolderFault(.link, hidingJobsAt: way) }
        }
        return nil
    }

    private func files(at url: URL, _ place: String) -> [(String, CheckedFile)] {
        guard let type = Self.type(url) else { return [] }
        if type == .typeDirectory {
            // `clusters` is the first of them.
            guard place.split(separator: "/").count <= TreeEntry.deepest else {
                return [(place, CheckedFile(tooDeep: shown(place)))]
            }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            return names.sorted().flatMap { files(at: url.appendingPathComponent($0), Self.joined(place, $0)) }
        }
        let shown = shown(place)
        if let fault = FolderFault(type == .typeSymbolicLink ? .link : .file, at: place) {
            return [(place, CheckedFile(shown: shown, fault: fault))]
        }
        // A single file is checked whatever its place is.
        guard JobPath(place) != .ignored || url == self.url else { return [] }
        return [(place, Self.check(url, type, shown: shown, place: place))]
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

    /// The kind of what is at a path itself, not of what a link leads to.
    private static func type(_ url: URL) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
