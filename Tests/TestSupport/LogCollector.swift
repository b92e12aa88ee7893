package import Logging
import Synchronization

/// A log handler that keeps each event as one line.
package struct LogCollector: LogHandler {
    /// The lines so far.
    package final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        package init() {}

        package var all: [String] { lines.withLock { $0 } }

        func append(_ line: String) {
            lines.withLock { $0.append(line) }
        }
    }

    private let lines: Lines
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info

    /// - Parameter lines: receives the lines.
    package init(lines: Lines) {
        self.lines = lines
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        lines.append("\(event.level) \(event.message) \(text)")
    }
}
