import CPlatform
import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// Something that happened in a watched folder.
public struct DirectoryEvent: Sendable, Equatable {
    /// What happened.
    public enum Kind: Sendable, Equatable {
        case created
        /// Removed, or moved to where it is not seen.
        case deleted
        /// A file that was open for writing was closed.
        case written
        /// Moved in, or moved over what was there.
        case movedIn
        /// The folder itself is gone.
        case directoryGone
        /// More happened than the kernel could note: whoever listens has to look at everything.
        case overflow
    }

    /// The watched folder, as it was named; empty for an overflow.
    public let directory: String
    /// The entry; nil where the folder itself is meant.
    public let name: String?
    /// What happened to it.
    public let kind: Kind
}

/// Watches folders through inotify, without polling: <https://man7.org/linux/man-pages/man7/inotify.7.html>.
///
/// Sub-folders are not watched by themselves. The watch ends when the last reference to it goes.
public final class DirectoryWatcher: Sendable {
    /// What happens, in order. One consumer.
    public let events: AsyncStream<DirectoryEvent>
    private let continuation: AsyncStream<DirectoryEvent>.Continuation
    private let descriptor: FileDescriptor
    private let source: DispatchSource
    private let directories = Mutex<[Int32: String]>([:])

    private static let mask = UInt32(
        IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR
    )

    /// - Throws: ``PlatformError`` where the user has too many watches already.
    public init() throws(PlatformError) {
        let raw = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard raw >= 0 else { throw .system(Errno(rawValue: errno), call: "inotify_init1", path: "") }
        descriptor = FileDescriptor(rawValue: raw)
        (events, continuation) = AsyncStream.makeStream()
        let queue = DispatchQueue(label: "tfjob-admin.directory-watcher")
        guard let source = DispatchSource.makeReadSource(fileDescriptor: raw, queue: queue) as? DispatchSource else {
            throw .system(.notSupported, call: "dispatch_source_create", path: "")
        }
        self.source = source
        source.setEventHandler { [weak self] in self?.drain() }
        source.setCancelHandler { [descriptor] in try? descriptor.close() }
        source.activate()
    }

    deinit {
        source.cancel()
        continuation.finish()
    }

    /// Begins to watch a folder; one that is watched already stays so.
    ///
    /// - Throws: ``PlatformError`` where it is no folder, can't be read, or the user has too many watches.
    public func watch(_ directory: String) throws(PlatformError) {
        let watch = directories.withLock { directories in
            let watch = unsafe inotify_add_watch(descriptor.rawValue, directory, Self.mask)
            if watch >= 0 {
                directories[watch] = directory
            }
            return watch
        }
        guard watch >= 0 else { throw .system(Errno(rawValue: errno), call: "inotify_add_watch", path: directory) }
    }

    /// Reads what the kernel noted. On the source's queue alone.
    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = (try? unsafe buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }) ?? 0
            guard count > 0 else { return }
            for event in InotifyRecord.all(in: buffer[..<count]) {
                deliver(event)
            }
        }
    }

    private func deliver(_ record: InotifyRecord) {
        if record.has(IN_Q_OVERFLOW) {
            continuation.yield(DirectoryEvent(directory: "", name: nil, kind: .overflow))
            return
        }
        let isGone = record.has(IN_IGNORED)
        let directory = directories.withLock { isGone ? $0.removeValue(forKey: record.watch) : $0[record.watch] }
        guard let directory, let kind = record.kind else { return }
        continuation.yield(DirectoryEvent(directory: directory, name: record.name, kind: kind))
    }
}

/// One `struct inotify_event` as it lies in the buffer.
private struct InotifyRecord {
    let watch: Int32
    let mask: UInt32
    let name: String?

    /// The fixed part: four words of 32 bits, the last of which is the length of the name that follows.
    private static let headerSize = 16

    static func all(in bytes: ArraySlice<UInt8>) -> [InotifyRecord] {
        var records: [InotifyRecord] = []
        var rest = bytes
        while rest.count >= headerSize {
            func word(_ index: Int) -> UInt32 {
                let start = rest.startIndex + index * 4
                return (0..<4).reduce(0) { $0 | UInt32(rest[start + $1]) << UInt32($1 * 8) }
            }
            let length = Int(word(3))
            let name = rest.dropFirst(headerSize).prefix(length).prefix { $0 != 0 }
            records.append(
                InotifyRecord(
                    watch: Int32(bitPattern: word(0)),
                    mask: word(1),
                    name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
                )
            )
            rest = rest.dropFirst(headerSize + length)
        }
        return records
    }

    func has(_ flag: Int32) -> Bool { mask & UInt32(flag) != 0 }

    var kind: DirectoryEvent.Kind? {
        if has(IN_DELETE_SELF) || has(IN_MOVE_SELF) { return .directoryGone }
        if has(IN_CREATE) { return .created }
        if has(IN_DELETE) || has(IN_MOVED_FROM) { return .deleted }
        if has(IN_MOVED_TO) { return .movedIn }
        return has(IN_CLOSE_WRITE) ? .written : nil
    }
}
