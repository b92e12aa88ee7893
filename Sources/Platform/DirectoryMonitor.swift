import CPlatform
import Dispatch
import Glibc
import Synchronization

/// One inotify instance that calls a handler for each event in the folders that it watches.
///
/// The calls come one at a time, on a queue of the monitor. Releasing the monitor closes its descriptor.
package final class DirectoryMonitor: Sendable {
    /// Receives each event. It may watch more folders through the monitor.
    package typealias Handler = @Sendable (DirectoryMonitor, DirectoryEvent) -> Void

    private struct Watches {
        var directories: [Int32: String] = [:]
        var descriptors: [String: Int32] = [:]
    }

    private let descriptor: Int32
    private let watches = Mutex(Watches())
    private let source: Mutex<any DispatchSourceRead>

    /// Creates a monitor without folders.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached.
    package init(_ handler: @escaping Handler) throws(PlatformError) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw errno == EMFILE ? .watchersExhausted : .last("inotify_init1")
        }
        let descriptor = descriptor
        let queue = DispatchQueue(label: "tfjob-admin.directory-monitor")
        source = Mutex(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
        source.withLock { source in
            source.setEventHandler { [weak self] in
                self?.drain(handler)
            }
            source.setCancelHandler {
                close(descriptor)
            }
            source.activate()
        }
    }

    deinit {
        source.withLock { $0.cancel() }
    }

    /// Watches a folder without its subfolders. Watching it again changes nothing.
    ///
    /// - Throws: ``PlatformError``; `ENOENT` if the folder is absent, `ENOTDIR` if the path is not a folder.
    package func watch(_ directory: String) throws(PlatformError) {
        try watches.withLock { watches throws(PlatformError) in
            let watch = unsafe inotify_add_watch(descriptor, directory, DirectoryEvent.Kind.mask)
            guard watch >= 0 else {
                throw errno == ENOSPC
                    ? .watchesExhausted(directory: directory) : .last("inotify_add_watch", path: directory)
            }
            watches.directories[watch] = directory
            watches.descriptors[directory] = watch
        }
    }

    /// Passes all events that the kernel has queued to the handler.
    private func drain(_ handler: Handler) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            for record in InotifyRecord.all(in: buffer[..<count]) {
                if let event = event(for: record) {
                    handler(self, event)
                }
            }
        }
    }

    private func event(for record: InotifyRecord) -> DirectoryEvent? {
        let kind = DirectoryEvent.Kind(mask: record.mask)
        if kind == .overflow { return .overflow }
        return watches.withLock { watches in
            guard let directory = watches.directories[record.watch] else { return nil }
            if kind == .directoryGone || record.mask & UInt32(IN_IGNORED) != 0 {
                removeWatch(record.watch, directory, in: &watches)
            }
            return kind.map { DirectoryEvent(directory: directory, name: record.name, kind: $0) }
        }
    }

    /// The kernel removes the watch of a deleted folder, but not of a renamed one.
    private func removeWatch(_ watch: Int32, _ directory: String, in watches: inout Watches) {
        watches.directories[watch] = nil
        if watches.descriptors[directory] == watch {
            watches.descriptors[directory] = nil
        }
        inotify_rm_watch(descriptor, watch)
    }
}

/// Something that happened in a watched folder.
public struct DirectoryEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// A file, a folder or a link was created.
        case created
        /// An entry was deleted.
        case deleted
        /// A file that was open for writing was closed.
        case written
        /// An entry was renamed into the folder and may have replaced one of the same name.
        case movedIn
        /// An entry was renamed out of the folder.
        case movedOut
        /// The folder itself was deleted, renamed or unmounted. The watch has ended.
        case directoryGone
        /// Events were lost, so the reader has to check everything.
        case overflow
    }

    /// The path that was passed to `watch`; empty for ``overflow``.
    public let directory: String
    /// The entry's name; nil if the event is about the folder itself or about everything.
    public let name: String?
    /// What happened to it.
    public let kind: Kind

    /// Creates an event; for tests of code that reads events.
    public init(directory: String, name: String?, kind: Kind) {
        self.directory = directory
        self.name = name
        self.kind = kind
    }

    /// Events were lost.
    public static let overflow = DirectoryEvent(directory: "", name: nil, kind: .overflow)
}

extension DirectoryEvent.Kind {
    /// The inotify(7) bits of every watch.
    static let mask = UInt32(
        IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR
    )

    /// Reads the bits of one event. Returns nil for an event that is not reported.
    init?(mask: UInt32) {
        let kinds: [(bits: Int32, kind: DirectoryEvent.Kind)] = [
            (IN_Q_OVERFLOW, .overflow), (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT, .directoryGone),
            (IN_CREATE, .created), (IN_DELETE, .deleted), (IN_CLOSE_WRITE, .written), (IN_MOVED_TO, .movedIn),
            (IN_MOVED_FROM, .movedOut),
        ]
        guard let kind = kinds.first(where: { mask & UInt32($0.bits) != 0 })?.kind else { return nil }
        self = kind
    }
}

/// One record of the bytes that read(2) returns for an inotify descriptor.
///
/// Its layout: `int wd; uint32_t mask, cookie, len; char name[len]`,
/// https://man7.org/linux/man-pages/man7/inotify.7.html.
struct InotifyRecord: Equatable {
    let watch: Int32
    let mask: UInt32
    /// Nil if the record is about the watched folder itself.
    let name: String?

    /// Splits a buffer of whole records.
    static func all(in buffer: ArraySlice<UInt8>) -> [InotifyRecord] {
        var records: [InotifyRecord] = []
        var rest = buffer
        while rest.count >= 16 {
            let start = rest.startIndex
            let name = rest.dropFirst(16).prefix(Int(word(rest, at: start + 12)))
            let bytes = name.prefix { $0 != 0 }
            records.append(
                InotifyRecord(
                    watch: Int32(bitPattern: word(rest, at: start)),
                    mask: word(rest, at: start + 4),
                    name: bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
                )
            )
            rest = rest[name.endIndex...]
        }
        return records
    }

    /// Reads four bytes in this machine's byte order.
    private static func word(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32 {
        UInt32(littleEndian: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) })
    }
}
