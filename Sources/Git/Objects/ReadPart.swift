import Foundation
import Synchronization

/// A batch of files that were read into one buffer.
struct ReadPart: Sendable {
    /// One file of the batch.
    struct File: Sendable {
        let index: Int
        let id: ObjectID
        /// The size in bytes; below zero for an entry that is not a regular file.
        let size: Int
        /// The range of its bytes in the buffer; shorter than the size if the file is too large.
        let place: Range<Int>
    }

    /// The maximum number of files: enough to make the overhead small, few enough that all processors finish together.
    static let mostFiles = 128
    /// The number of bytes at which a batch is full.
    private static let mostBytes = 1 << 20
    /// The expected size of a file in bytes, for reserving memory.
    private static let usualSize = 1 << 10

    private(set) var files: [File] = []
    private var bytes: [UInt8] = []

    /// - Parameter fileCount: the number of files to read.
    init(fileCount: Int) {
        let count = min(fileCount, Self.mostFiles)
        files.reserveCapacity(count)
        bytes.reserveCapacity(count * Self.usualSize)
    }

    var isFull: Bool { files.count >= Self.mostFiles || bytes.count >= Self.mostBytes }

    /// Adds a file.
    ///
    /// - Parameter append: appends the file's bytes unless it is too large, and returns its size.
    mutating func addFile(
        _ index: Int,
        _ id: ObjectID,
        _ append: (inout [UInt8]) throws(GitError) -> Int
    ) throws(GitError) {
        let start = bytes.count
        let size = try append(&bytes)
        files.append(File(index: index, id: id, size: size, place: start..<bytes.count))
    }

    /// Adds an entry that is not a regular file.
    mutating func addNotRegular(_ index: Int, _ id: ObjectID) {
        files.append(File(index: index, id: id, size: -1, place: 0..<0))
    }

    /// Copies the bytes of each file.
    ///
    /// - Parameter path: returns the path of a file by its index, for the error.
    /// - Throws: ``GitError/objectCorrupt(_:path:message:)`` if the hash of the bytes differs from the object's name.
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

/// The batches that were read and not processed yet.
///
/// Helper tasks process them, one for each processor except the reader's. If they can't keep up, the reader processes
/// some too, so that all processors stay busy and few batches wait in memory.
final class ReadingBacklog: Sendable {
    /// The reader's next step after it has added a batch.
    enum Step {
        /// Read the next batch.
        case wait
        /// Start another helper task, which processes batches until there are none.
        case helper
        /// Process this batch.
        case take(ReadPart)
    }

    private struct State {
        var parts: [ReadPart] = []
        var helpers = 0
    }

    /// The maximum number of waiting batches.
    private static let longest = 8

    private let state = Mutex(State())
    private let mostHelpers = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)

    func addPart(_ part: ReadPart) -> Step {
        state.withLock { state in
            state.parts.append(part)
            if state.helpers < mostHelpers {
                state.helpers += 1
                return .helper
            }
            return state.parts.count > Self.longest ? .take(state.parts.removeFirst()) : .wait
        }
    }

    /// Removes the oldest batch. Returns nil if there is none; a helper then ends.
    func takePart(isHelper: Bool = true) -> ReadPart? {
        state.withLock { state in
            guard state.parts.isEmpty else { return state.parts.removeFirst() }
            state.helpers -= isHelper ? 1 : 0
            return nil
        }
    }
}
