/// Some files that were read one after the other into one piece of memory.
struct ReadPart: Sendable {
    /// One of them.
    struct File: Sendable {
        let index: Int
        let id: ObjectID
        /// Below zero for what is no regular file.
        let size: Int
        /// Where its bytes are; as long as the size where they were not too many.
        let place: Range<Int>
    }

    /// The most files: enough that the hand-over costs nothing, few enough that all end together.
    static let mostFiles = 128
    /// With so many bytes a part is full.
    private static let mostBytes = 1 << 20
    /// Memory is asked for as if files had so many bytes.
    private static let usualSize = 1 << 10

    private(set) var files: [File] = []
    private var bytes: [UInt8] = []

    /// - Parameter fileCount: how many files there are to read.
    init(fileCount: Int) {
        let count = min(fileCount, Self.mostFiles)
        files.reserveCapacity(count)
        bytes.reserveCapacity(count * Self.usualSize)
    }

    var isFull: Bool { files.count >= Self.mostFiles || bytes.count >= Self.mostBytes }

    /// Adds a file.
    ///
    /// - Parameter append: appends its bytes if they are not too many, and returns how many there are.
    mutating func add(_ index: Int, _ id: ObjectID, _ append: (inout [UInt8]) throws(GitError) -> Int) throws(GitError)
    {
        let start = bytes.count
        let size = try append(&bytes)
        files.append(File(index: index, id: id, size: size, place: start..<bytes.count))
    }

    /// Adds what is no regular file.
    mutating func add(notRegular index: Int, _ id: ObjectID) {
        files.append(File(index: index, id: id, size: -1, place: 0..<0))
    }

    /// The files, each with a copy of its bytes.
    ///
    /// - Parameter path: tells of an index where the file is in the tree, for the error.
    /// - Throws: ``GitError/objectCorrupt(_:path:message:)`` where bytes do not have the name of their object.
    func contents(_ path: (Int) -> String) throws(GitError) -> [(index: Int, content: FileContent)] {
        var contents: [(index: Int, content: FileContent)] = []
        contents.reserveCapacity(files.count)
        for file in files {
            contents.append((file.index, try content(of: file, path)))
        }
        return contents
    }

    private func content(of file: File, _ path: (Int) -> String) throws(GitError) -> FileContent {
        guard file.size >= 0 else { return .notRegular }
        guard file.size == file.place.count else { return .tooLarge(size: file.size) }
        let bytes = Array(bytes[file.place])
        guard ObjectID(.blob, bytes) == file.id else {
            throw .otherContent(file.id, path: path(file.index))
        }
        return .bytes(bytes)
    }
}
