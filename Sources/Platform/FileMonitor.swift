import CPlatform
import Dispatch
import Glibc
import Synchronization

/// One inotify instance for any number of open files. It calls a handler after a write to one of them.
package final class FileMonitor: Sendable {
    private struct State {
        /// By the kernel's watch, which is one for each file.
        var handlers: [Int32: Listeners<@Sendable () -> Void>] = [:]
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let source: Mutex<any DispatchSourceRead>

    /// Creates a monitor without files.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached.
    package init() throws(PlatformError) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw errno == EMFILE ? .watchersExhausted : .last("inotify_init1")
        }
        let descriptor = descriptor
        let queue = DispatchQueue(label: "tfjob-admin.file-monitor")
        source = Mutex(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
        source.withLock { source in
            source.setEventHandler { [weak self] in
                self?.drain()
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

    /// Watches a file.
    ///
    /// - Parameters:
    ///   - file: an open file. The watch stays with the file when its name changes.
    ///   - onWrite: called after a write, or once after several.
    /// - Returns: the watch, which ends when it is released.
    /// - Throws: ``PlatformError/watchesExhausted(directory:)`` if the user's limit is reached.
    package func watch(_ file: ReadableFile, onWrite: @escaping @Sendable () -> Void) throws(PlatformError)
        -> Registration
    {
        try state.withLock { state throws(PlatformError) in
            let watch = unsafe inotify_add_watch(descriptor, file.descriptorPath, UInt32(IN_MODIFY))
            guard watch >= 0 else {
                throw errno == ENOSPC
                    ? .watchesExhausted(directory: file.descriptorPath)
                    : .last("inotify_add_watch", path: file.descriptorPath)
            }
            let number = state.handlers.addListener(onWrite, to: watch)
            return Registration { self.removeHandler(number, watch) }
        }
    }

    private func removeHandler(_ number: UInt64, _ watch: Int32) {
        state.withLock { state in
            if state.handlers.removeListener(number, of: watch) {
                inotify_rm_watch(descriptor, watch)
            }
        }
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            let records = InotifyRecord.all(in: buffer[..<count])
            let isOverflow = records.contains { $0.mask & UInt32(IN_Q_OVERFLOW) != 0 }
            let handlers = state.withLock { state in
                isOverflow
                    ? state.handlers.values.flatMap(\.all)
                    : Set(records.map(\.watch)).flatMap { state.handlers[$0]?.all ?? [] }
            }
            for handler in handlers {
                handler()
            }
        }
    }
}
