import Logging
import Synchronization

/// The last fault of the journal, logged once and not at each pass. `ping` shows it while it lasts.
final class JournalFault: Sendable {
    private let path: String
    private let logger: Logger
    private let logged = Mutex<String?>(nil)

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Logs a fault, unless it is the last one.
    func record(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        let fault = "\(error)"
        let isNew = logged.withLock { logged in
            defer { logged = fault }
            return logged != fault
        }
        if isNew {
            logger.error("the journal \(path) can't be written", metadata: ["error": "\(fault)"])
        }
    }

    /// Forgets the fault: the journal was written.
    func clear() {
        logged.withLock { $0 = nil }
    }
}
