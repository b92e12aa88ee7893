import CPlatform
import Glibc
import Synchronization

/// One inotify instance for any number of open files. It calls a handler after a write to one of them, and after it was
/// renamed.
package final class FileMonitor: Sendable {
    private let inotify: InotifyInstance
    /// By the kernel's watch, which is one for each file.
    private let handlers = Mutex<[Int32: Listeners<@Sendable () -> Void>]>([:])

    /// Creates a monitor without files.
    ///
    /// - Throws: ``PlatformError/watchersExhausted`` if the user's limit is reached.
    package init() throws(PlatformError) {
        inotify = try InotifyInstance()
        inotify.start { [weak self] records in self?.callHandlers(of: records) }
    }

    /// Watches a file.
    ///
    /// - Parameters:
    ///   - file: an open file. The watch stays with the file when its name changes.
    ///   - onWrite: called after a write or a new name, or once after several.
    /// - Returns: the watch, which ends when it is released.
    /// - Throws: ``PlatformError/watchesExhausted(directory:)`` if the user's limit is reached.
    package func watch(_ file: ReadableFile, onWrite: @escaping @Sendable () -> Void) throws(PlatformError)
        -> Registration
    {
        try handlers.withLock { handlers throws(PlatformError) in
            let watch = try inotify.addWatch(file.descriptorPath, UInt32(IN_MODIFY | IN_MOVE_SELF))
            let number = handlers.addListener(onWrite, to: watch)
            return Registration { self.removeHandler(number, watch) }
        }
    }

    private func removeHandler(_ number: UInt64, _ watch: Int32) {
        handlers.withLock { handlers in
            if handlers.removeListener(number, of: watch) {
                inotify.removeWatch(watch)
            }
        }
    }

    private func callHandlers(of records: [InotifyRecord]) {
        let isOverflow = records.contains { $0.mask & UInt32(IN_Q_OVERFLOW) != 0 }
        let called = handlers.withLock { handlers in
            isOverflow
                ? handlers.values.flatMap(\.all)
                : Set(records.map(\.watch)).flatMap { handlers[$0]?.all ?? [] }
        }
        for handler in called {
            handler()
        }
    }
}
