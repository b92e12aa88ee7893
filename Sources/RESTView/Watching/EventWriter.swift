import Foundation
import Hummingbird
import Journal
import NIOCore

/// Writes server-sent events, <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
///
/// Only the last event of a batch carries an id: a client that disconnects within a batch gets the whole batch again.
struct EventWriter {
    private let journal: String
    private var buffer = ByteBuffer()
    private var last: (name: String, data: Data)?
    /// Whether an event was written since ``flush(to:at:)``.
    private(set) var hasSent = false

    static let contentType = "text/event-stream"

    /// Creates a writer; ids begin with the journal's name.
    init(journal: String) {
        self.journal = journal
    }

    /// Writes an event.
    ///
    /// - Parameters:
    ///   - name: the event's type.
    ///   - data: JSON in one line.
    mutating func writeEvent(_ name: String, _ data: some Collection<UInt8>) {
        writeLast(id: nil)
        last = (name, Data(data))
        hasSent = true
    }

    /// Writes a comment, which shows the client that the service is there.
    mutating func writeComment() {
        buffer.writeString(":\n\n")
    }

    /// Writes how soon to reconnect after the stream ends, in milliseconds.
    mutating func writeRetry(_ milliseconds: Int) {
        buffer.writeString("retry: \(milliseconds)\n\n")
    }

    /// Sends everything except the last event.
    mutating func flush(to writer: inout any ResponseBodyWriter) async throws {
        guard buffer.readableBytes > 0 else { return }
        try await writer.write(buffer)
        buffer = ByteBuffer()
    }

    /// Sends everything. The client then has all changes up to the revision.
    mutating func flush(to writer: inout any ResponseBodyWriter, at revision: Int64) async throws {
        writeLast(id: EventID(journal: journal, revision: revision))
        hasSent = false
        try await flush(to: &writer)
    }

    private mutating func writeLast(id: EventID?) {
        guard let last else { return }
        if let id {
            buffer.writeString("id: \(id)\n")
        }
        buffer.writeString("event: \(last.name)\ndata: ")
        buffer.writeBytes(last.data)
        buffer.writeString("\n\n")
        self.last = nil
    }
}

/// The `id` of an event: `<journal>-<revision>`. A client sends it back as `Last-Event-ID`.
struct EventID: Equatable, CustomStringConvertible {
    let journal: String
    let revision: Int64

    init(journal: String, revision: Int64) {
        self.journal = journal
        self.revision = revision
    }

    /// Parses an id; nil if the text is none.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let revision = Int64(parts[1]), revision >= 0 else { return nil }
        self.init(journal: String(parts[0]), revision: revision)
    }

    var description: String { "\(journal)-\(revision)" }
}
