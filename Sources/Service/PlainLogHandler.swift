import Jobs
import Logging

/// A log handler that writes each event as one line and escapes control characters.
///
/// Paths, commit messages and the answers of clusters are untrusted text.
struct PlainLogHandler: LogHandler {
    private var base: any LogHandler

    /// - Parameter base: the handler that receives the escaped events.
    init(_ base: any LogHandler) {
        self.base = base
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue.mapValues(Self.plain) }
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue.map(Self.plain) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(PlainText.line("\(event.message)"))"
        event.metadata = event.metadata?.mapValues(Self.plain)
        if let error = event.error {
            event.metadata = (event.metadata ?? [:]).merging(["error": "\(PlainText.line("\(error)"))"]) { $1 }
            event.error = nil
        }
        base.log(event: event)
    }

    private static func plain(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(PlainText.line(text))
        case .stringConvertible(let value): .string(PlainText.line("\(value)"))
        case .array(let values): .array(values.map(plain))
        case .dictionary(let values): .dictionary(values.mapValues(plain))
        }
    }
}
