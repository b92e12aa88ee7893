import CPlatform
import Dispatch
import Glibc
import Synchronization

/// An inotify instance, which is read on a queue of its own. Releasing it closes its descriptor.
///
/// Source: <https://man7.org/linux/man-pages/man7/inotify.7.html>.
final class InotifyInstance: Sendable {
    private let descriptor: Int32
    private let source: Mutex<any DispatchSourceRead>

    /// Creates an instance without watches. Call ``start(_:)`` next.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached.
    init() throws(PlatformError) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw errno == EMFILE ? .watchersExhausted : .last("inotify_init1")
        }
        let queue = DispatchQueue(label: "tfjob-admin.inotify")
        source = Mutex(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
    }

    deinit {
        source.withLock { $0.cancel() }
    }

    /// Passes all records to a function, one call at a time.
    func start(_ onRecords: @escaping @Sendable ([InotifyRecord]) -> Void) {
        source.withLock { [descriptor] source in
            source.setEventHandler {
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = unsafe read(descriptor, &buffer, buffer.count)
                    guard count > 0 else { return }
                    onRecords(InotifyRecord.all(in: buffer[..<count]))
                }
            }
            source.setCancelHandler {
                close(descriptor)
            }
            source.activate()
        }
    }

    /// Watches a file or a folder.
    ///
    /// - Returns: the kernel's number of the watch, which is one for each file.
    /// - Throws: ``PlatformError/watchesExhausted(directory:)`` if the user's limit is reached.
    func addWatch(_ path: String, _ mask: UInt32) throws(PlatformError) -> Int32 {
        let watch = unsafe inotify_add_watch(descriptor, path, mask)
        guard watch >= 0 else {
            throw errno == ENOSPC ? .watchesExhausted(directory: path) : .last("inotify_add_watch", path: path)
        }
        return watch
    }

    /// Ends a watch. One that has ended is no error.
    func removeWatch(_ watch: Int32) {
        inotify_rm_watch(descriptor, watch)
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
