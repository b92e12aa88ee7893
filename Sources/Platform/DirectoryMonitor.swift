import CPlatform
import Dispatch
import Glibc
import Synchronization

/// One inotify instance: calls back, on a queue of its own and one at a time, for what happens in the folders it watches.
///
/// It stops, and closes its descriptor, when it is released.
package final class DirectoryMonitor: Sendable {
    /// What is called for each event; it may watch and unwatch through the monitor it gets.
    package typealias Handler = @Sendable (DirectoryMonitor, DirectoryEvent) -> Void

    private struct Watches {
        var directories: [Int32: String] = [:]
        var descriptors: [String: Int32] = [:]
    }

    private let descriptor: Int32
    private let watches = Mutex(Watches())
    private let source: Mutex<any DispatchSourceRead>

    /// Begins with no folder watched.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` where the user's limit is reached.
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

    /// Watches a folder, not what is in its subfolders; one that is watched already goes on.
    ///
    /// - Throws: ``PlatformError``; `ENOENT` where there is no such folder, `ENOTDIR` where it is something else.
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

    /// Stops watching a folder; one that is not watched is no error. Events that are under way may still come.
    package func unwatch(_ directory: String) {
        watches.withLock { watches in
            guard let watch = watches.descriptors.removeValue(forKey: directory) else { return }
            watches.directories[watch] = nil
            inotify_rm_watch(descriptor, watch)
        }
    }

    /// Hands on all that the kernel has queued.
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
                forget(record.watch, directory, in: &watches)
            }
            return kind.map { DirectoryEvent(directory: directory, name: record.name, kind: $0) }
        }
    }

    /// A folder that was renamed has to be let go here; the kernel itself lets one go that was deleted.
    private func forget(_ watch: Int32, _ directory: String, in watches: inout Watches) {
        watches.directories[watch] = nil
        if watches.descriptors[directory] == watch {
            watches.descriptors[directory] = nil
        }
        inotify_rm_watch(descriptor, watch)
    }
}
