import Foundation
import Git
import JobFile
import Jobs

/// Reads job files on disk: a single one, or all below a folder.
struct FileSource {
    /// The files that were read, with their paths.
    struct Files {
        /// The folder above `clusters`. Nil if the path contains no `clusters`.
        let root: URL?
        /// The files. The place is the path from the root, or the path for the output without a root.
        var files: [(place: String, file: CheckedFile)] = []
        /// The paths from the root that the user asked for.
        var scopes: [String] = []
        /// The prefix that turns a path from the root into a path for the output.
        let prefix: String
    }

    private let path: String
    private let url: URL
    private let clusters: KnownClusters

    /// - Parameters:
    ///   - path: the path as the user wrote it, which also appears in the output.
    ///   - clusters: the clusters that files may name.
    init(path: String, clusters: KnownClusters = .all) {
        self.path = path
        self.clusters = clusters
        url = URL(fileURLWithPath: path).standardizedFileURL
    }

    /// Reads the file, or each job file below `clusters/`.
    func checkFiles() throws -> Files {
        guard let type = Self.type(url) else { throw CommandError("there is no file or folder \(path)") }
        guard let place = Self.place(of: url) else {
            guard type == .typeDirectory else {
                let file = Self.checkFile(url, type, shown: path, place: nil, clusters)
                return Files(root: nil, files: [(path, file)], prefix: "")
            }
            let folder = url.appendingPathComponent(JobPath.root)
            let files = checkFiles(at: folder, JobPath.root, knownClusters(in: url))
            return Files(root: url, files: files, scopes: [JobPath.root], prefix: prefix)
        }
        let root = place.split(separator: "/").reduce(url) { folder, _ in folder.deletingLastPathComponent() }
        let files = Self.linkAbove(place, in: root).map { fault in
            [(fault.path, CheckedFile(shown: shown(fault.path), fault: fault))]
        }
        return Files(
            root: root,
            files: files ?? checkFiles(at: url, place, knownClusters(in: root)),
            scopes: [place],
            prefix: prefix
        )
    }

    private var prefix: String {
        guard let place = Self.place(of: url) else { return path == "." ? "" : Self.joined(path, "") }
        // The path of the user ends with the place, or is a part of it.
        return path.hasSuffix(place) ? String(path.dropLast(place.count)) : ""
    }

    private func shown(_ place: String) -> String {
        guard let own = Self.place(of: url) else { return prefix + place }
        if place == own { return path }
        return place.hasPrefix(own + "/") ? Self.joined(path, String(place.dropFirst(own.count + 1))) : prefix + place
    }

    /// Finds a symbolic link between the root and a place.
    private static func linkAbove(_ place: String, in root: URL) -> FolderFault? {
        var (folder, way) = (root, "")
        for step in place.split(separator: "/").dropLast() {
            folder.appendPathComponent(String(step))
            way = way.isEmpty ? String(step) : "\(way)/\(step)"
            if type(folder) == .typeSymbolicLink { return FolderFault(.link, hidingJobsAt: way) }
        }
        return nil
    }

    /// The known clusters. Without a configuration and a service, those of all files below the root.
    private func knownClusters(in root: URL) -> KnownClusters {
        func paths(_ url: URL, _ place: String) -> [String] {
            guard place.split(separator: "/").count < TreeEntry.deepest, Self.type(url) == .typeDirectory else {
                return [place]
            }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            return names.flatMap { paths(url.appendingPathComponent($0), Self.joined(place, $0)) }
        }
        return clusters.counting(paths(root.appendingPathComponent(JobPath.root), JobPath.root))
    }

    private func checkFiles(at url: URL, _ place: String, _ clusters: KnownClusters) -> [(String, CheckedFile)] {
        guard let type = Self.type(url) else { return [] }
        if type == .typeDirectory {
            // The count includes `clusters`.
            guard place.split(separator: "/").count <= TreeEntry.deepest else {
                return [(place, CheckedFile(tooDeep: shown(place)))]
            }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            return names.sorted().flatMap { name in
                checkFiles(at: url.appendingPathComponent(name), Self.joined(place, name), clusters)
            }
        }
        let shown = shown(place)
        if let fault = FolderFault(type == .typeSymbolicLink ? .link : .file, at: place) {
            return [(place, CheckedFile(shown: shown, fault: fault))]
        }
        // A file that the user named is checked at any place.
        guard JobPath(place) != .ignored || url == self.url else { return [] }
        return [(place, Self.checkFile(url, type, shown: shown, place: place, clusters))]
    }

    /// Returns the path from the folder above `clusters`, or nil if the path contains no `clusters`.
    private static func place(of url: URL) -> String? {
        let parts = url.pathComponents
        return parts.lastIndex(of: JobPath.root).map { parts[$0...].joined(separator: "/") }
    }

    private static func checkFile(
        _ url: URL,
        _ type: FileAttributeType,
        shown: String,
        place: String?,
        _ clusters: KnownClusters
    ) -> CheckedFile {
        guard type == .typeRegular else { return CheckedFile(shown: shown, place: place, content: .notRegular) }
        guard let file = FileHandle(forReadingAtPath: url.path), let size = try? file.seekToEnd(),
            (try? file.seek(toOffset: 0)) != nil
        else { return CheckedFile(shown: shown, unreadable: "the file can't be read; look at its permissions") }
        guard size <= JobFile.largest, let data = try? file.readToEnd() ?? Data() else {
            return CheckedFile(shown: shown, place: place, content: .tooLarge(size: Int(size)))
        }
        return CheckedFile(shown: shown, place: place, content: .bytes(Array(data)), clusters)
    }

    /// Returns the type of a file without following links.
    private static func type(_ url: URL) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }
}
