import Foundation
import Jobs
import Logging

/// A log handler that writes each event as one line and escapes control characters. Empty values are left out.
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
        event.message = "\(Self.joined("\(event.message)"))"
        // A value that is empty says nothing.
        event.metadata = event.metadata?.filter { "\($0.value)" != "" }.mapValues(Self.plain)
        if let error = event.error {
            event.metadata = (event.metadata ?? [:]).merging(["error": "\(Self.joined("\(error)"))"]) { $1 }
            event.error = nil
        }
        base.log(event: event)
    }

    /// The lines of a text as one line.
    private static func joined(_ text: String) -> String {
        guard text.contains(where: \.isNewline) else { return PlainText.line(text) }
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        return PlainText.line(lines.filter { !$0.isEmpty }.joined(separator: "; "))
    }

    private static func plain(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(joined(text))
        case .stringConvertible(let value): .string(joined("\(value)"))
        case .array(let values): .array(values.map(plain))
        case .dictionary(let values): .dictionary(values.mapValues(plain))
        }
    }
}
