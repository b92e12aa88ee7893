import SystemPackage

/// Files that one read gets, as those of `/proc`.
enum SmallFile {
    /// The most bytes that are read.
    private static let limit = 4096

    /// The first bytes of a file; nil where it can't be read.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: limit)
        guard let count = try? unsafe bytes.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }) else {
            return nil
        }
        return Array(bytes[..<count])
    }

    /// A file's text without white space at its end; nil where it can't be read.
    static func text(_ path: String) -> String? {
        guard let bytes = read(path), let last = bytes.lastIndex(where: { $0 > 0x20 }) else { return nil }
        return String(decoding: bytes[...last], as: UTF8.self)
    }
}
