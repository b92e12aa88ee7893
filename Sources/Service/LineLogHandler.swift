import Formats
import Foundation
import Glibc
import Logging
import Synchronization

/// Writes each event of the service as one line to standard error.
///
/// As text, in the form of swift-log with milliseconds:
///
///     2026-01-01T00:01:02.345Z notice tfjob-admin: url=http://127.0.0.1:8899/ [Service] serving
///
/// As JSON, with the metadata as `fields`:
///
///     {"fields":{"url":"http://127.0.0.1:8899/"},"level":"notice","message":"serving","module":"Service","time":"…"}
struct LineLogHandler: LogHandler {
    /// How events are written.
    enum Format: String, Sendable, CaseIterable {
        case text, json
    }

    /// The key `log` of the configuration.
    struct Settings: Sendable, Equatable {
        /// The lowest level that is written. Default: info.
        var level = Logger.Level.info
        /// Default: text.
        var format = Format.text
    }

    /// The settings in force. A change counts for every logger at once.
    final class Current: Sendable {
        private let state: Mutex<Settings>

        init(_ settings: Settings) {
            state = Mutex(settings)
        }

        var settings: Settings {
            get { state.withLock(\.self) }
            set { state.withLock { $0 = newValue } }
        }
    }

    private struct JSONLine: Encodable {
        let time: String
        let level: String
        let module: String
        let message: String
        let fields: [String: String]
    }

    var metadata: Logger.Metadata = [:]
    /// The level of a logger that has one of its own.
    private var ownLevel: Logger.Level?
    private let current: Current
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - current: the level and the form.
    ///   - write: receives each line with its line break. Default: standard error.
    init(_ current: Current, write: @escaping @Sendable (String) -> Void = Self.writeError) {
        self.current = current
        self.write = write
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? current.settings.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        let time = Date().formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)
        )
        write(line(event, fields, time) + "\n")
    }

    private func line(_ event: LogEvent, _ fields: [String: String], _ time: String) -> String {
        switch current.settings.format {
        case .text:
            let values = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value) " }.joined()
            return "\(time) \(event.level) tfjob-admin: \(values)[\(event.source)] \(event.message)"
        case .json:
            let line = JSONLine(
                time: time,
                level: event.level.rawValue,
                module: event.source,
                message: "\(event.message)",
                fields: fields
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
    }

    /// Writes in one call, so that lines of concurrent events don't mix.
    private static let writeError: @Sendable (String) -> Void = { line in
        let bytes = Array(line.utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
